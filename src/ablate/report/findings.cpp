#include "ablate/base/text.hpp"
#include "ablate/report/points.hpp"
#include "ablate/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

constexpr std::size_t points_named = 6;

/// The value of the finding's variant at one point, beside those it is compared with.
struct Compared {
  Place place;
  double value;
  std::vector<double> others;  ///< at least one
};

std::vector<std::string> rivals(const SectionView& view, const Finding& finding) {
  if (!finding.other.empty()) return {finding.other};
  auto names = view.labels("variant");
  std::erase(names, finding.variant);
  return names;
}

/// Points at which the variant and all its rivals have a value: a highest among some is no highest.
std::vector<Compared> compared_points(const std::vector<Point>& points, const Finding& finding,
                                      const std::vector<std::string>& names) {
  std::vector<Compared> compared;
  for (const auto& point : points) {
    const auto value = point.value(finding.variant);
    std::vector<double> others;
    for (const auto& name : names)
      if (const auto other = point.value(name)) others.push_back(*other);
    if (value && !others.empty() && others.size() == names.size())
      compared.push_back({point.place, *value, std::move(others)});
  }
  return compared;
}

bool holds(const Compared& at, const std::string& is) {
  const auto [low, high] = std::ranges::minmax(at.others);
  if (is == "highest" || is == "above") return at.value > high;
  if (is == "lowest" || is == "below") return at.value < low;
  return at.value > low && at.value < high;
}

/// "holds at 2 of 6 points (24, 48)", "holds at 5 of 6 points (not at 64)".
std::string share_text(const std::vector<Compared>& compared, const std::string& is,
                       const std::vector<std::string>& dimensions) {
  std::vector<std::string> held, not_held;
  for (const auto& at : compared) (holds(at, is) ? held : not_held).push_back(name_of(at.place, dimensions));
  auto text = fmt::format("holds at {} of {}", held.size(), counted(compared.size(), "point"));
  if (dimensions.empty() || held.empty() || not_held.empty()) return text;
  const bool fewer = held.size() <= not_held.size();
  const auto& named = fewer ? held : not_held;
  if (named.size() > points_named) return text;
  return fmt::format("{} ({}{})", text, fewer ? "" : "not at ", join(named));
}

/// "DWBlock is 1.02–1.31 × STMBlock"; of several rivals the nearest in the direction of the statement counts.
std::string ratio_text(const std::vector<Compared>& compared, const Finding& finding,
                       const std::vector<std::string>& names) {
  std::vector<double> to_lowest, to_highest;
  for (const auto& at : compared) {
    const auto [low, high] = std::ranges::minmax(at.others);
    if (low <= 0) return {};
    to_lowest.push_back(at.value / low);
    to_highest.push_back(at.value / high);
  }
  const auto ratio = [&](const std::vector<double>& ratios, const std::string& to) {
    return fmt::format("{} × {}", range_text(ratios), to);
  };
  if (names.size() == 1) return fmt::format("{} is {}", finding.variant, ratio(to_lowest, names.front()));
  if (finding.is == "highest")
    return fmt::format("{} is {}", finding.variant, ratio(to_highest, "the highest other"));
  if (finding.is == "lowest")
    return fmt::format("{} is {}", finding.variant, ratio(to_lowest, "the lowest other"));
  return fmt::format("{} is {} and {}", finding.variant, ratio(to_lowest, "the lowest other"),
                     ratio(to_highest, "the highest other"));
}

std::string numbers_text(const Study& study, const Plan& plan, const Records& records,
                         const Finding& finding) {
  const auto* planned = planned_section(study, plan, finding.section);
  if (!planned) return "not measured: its section is not part of the run";
  const SectionView view(study, plan, *planned, records);
  const auto points = points_of(view, finding.metric, finding.where);
  const auto names = rivals(view, finding);
  const auto compared = compared_points(points, finding, names);
  auto involved = names;
  involved.insert(involved.begin(), finding.variant);
  const auto missing = join(reasons(points, involved), "; ");
  if (compared.empty())
    return missing.empty() ? "not measured: no point has both" : fmt::format("not measured: {}", missing);
  auto text = share_text(compared, finding.is, varying(view, points));
  if (const auto ratio = ratio_text(compared, finding, names); !ratio.empty()) text += "; " + ratio;
  return missing.empty() ? text : fmt::format("{}; {}", text, missing);
}

/// "latency.mean of DWBlock highest, in channels at cpu".
std::string place_text(const Finding& finding) {
  std::vector<std::string> where;
  for (const auto& [dimension, label] : finding.where) where.push_back(phrase(dimension, label));
  auto relation = finding.is;
  if (!finding.other.empty()) relation += " " + finding.other;
  auto text = fmt::format("{}: {} {}, in {}", finding.metric, finding.variant, relation, finding.section);
  return where.empty() ? text : fmt::format("{} at {}", text, join(where));
}

}  // namespace

Table findings_table(const Study& study, const Plan& plan, const Records& records) {
  Table table{"summary", "Findings, and what the numbers say of them", {}, {}, {}};
  table.columns = {{"statement", "", "", false},
                   {"looks at", "", "", false},
                   {"what the numbers say", "finding", "", false}};
  for (const auto& finding : study.summary->findings) {
    const bool tested = finding.untested.empty();
    const auto place = tested ? place_text(finding) : std::string("—");
    const auto numbers = tested ? numbers_text(study, plan, records, finding)
                                : fmt::format("not tested: {}", finding.untested);
    table.rows.push_back({{finding.text, finding.text, {}}, {place, place, {}}, {numbers, numbers, {}}});
  }
  return table;
}

}  // namespace ablate
