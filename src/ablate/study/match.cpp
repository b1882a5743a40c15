#include "ablate/study/match.hpp"

#include "ablate/base/error.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/cells.hpp"
#include "ablate/study/document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace ablate {
namespace {

/// Widths in a row that a block may refuse before none of them is taken to be left.
constexpr std::int64_t longest_gap = 64;

struct Width {
  std::int64_t channels = 0, cost = 0;
};

/// Finds the width whose cost is closest to a target, the cost growing with the width.
class WidthSearch {
 public:
  WidthSearch(std::function<std::optional<std::int64_t>(std::int64_t)> cost, std::int64_t target)
      : cost_(std::move(cost)), target_(target) {}

  /// Nothing where no width is taken. `start` is where to look first.
  std::optional<Width> closest(std::int64_t start) {
    auto high = start;
    while (high < max_extent && is_below(at_or_above(high))) high = std::min(2 * high, max_extent);
    std::int64_t low = 0;  // below the target, or no width at all
    while (high - low > 1) {
      const auto middle = low + (high - low) / 2;
      (is_below(at_or_above(middle)) ? low : high) = middle;
    }
    const auto above = at_or_above(high), below = at_or_below(high - 1);
    if (!above || !below) return above ? above : below;
    return off(*below) <= off(*above) ? below : above;
  }

 private:
  bool is_below(const std::optional<Width>& width) const { return width && width->cost < target_; }
  double off(const Width& width) const {
    return std::abs(std::log(static_cast<double>(width.cost) / static_cast<double>(target_)));
  }

  std::optional<Width> at(std::int64_t channels) {
    const auto [known, is_new] = known_.try_emplace(channels);
    if (is_new) known->second = cost_(channels);
    if (!known->second || *known->second <= 0) return std::nullopt;
    return Width{channels, *known->second};
  }
  std::optional<Width> at_or_above(std::int64_t channels) {
    for (auto each = channels; each <= std::min(channels + longest_gap, max_extent); ++each)
      if (const auto width = at(each)) return width;
    return std::nullopt;
  }
  std::optional<Width> at_or_below(std::int64_t channels) {
    for (auto each = channels; each >= std::max<std::int64_t>(1, channels - longest_gap); --each)
      if (const auto width = at(each)) return width;
    return std::nullopt;
  }

  std::function<std::optional<std::int64_t>(std::int64_t)> cost_;
  std::int64_t target_;
  std::map<std::int64_t, std::optional<std::int64_t>> known_;
};

bool matters(const std::string& axis) {
  return axis != "form" && axis != "device" && axis != "dtype" && axis != "cache";
}

/// Every combination of the axes that a width depends on.
std::vector<std::vector<Axis>> points_to_match(const Section& section) {
  std::vector<std::vector<Axis>> points{{}};
  for (const auto& axis : section.axes) {
    if (!matters(axis.name)) continue;
    std::vector<std::vector<Axis>> more;
    for (const auto& point : points)
      for (const auto& value : axis.values) {
        more.push_back(point);
        more.back().push_back({axis.name, {value}});
      }
    points = std::move(more);
  }
  return points;
}

void set(std::vector<Axis>& point, const std::string& axis, AxisValue value) {
  const auto found = std::ranges::find(point, axis, &Axis::name);
  if (found == point.end())
    point.push_back({axis, {std::move(value)}});
  else
    found->values = {std::move(value)};
}

/// Solves the widths of one section.
class Matcher {
 public:
  Matcher(const Study& study, std::size_t index, const std::vector<BlockSpec>& blocks,
          const MatchCounter& count)
      : study_(study),
        section_(study.sections[index]),
        match_(*section_.match),
        blocks_(blocks),
        count_(count),
        where_(fmt::format("{}: /sections/{}/match", study.file, index)) {
    section_.match.reset();
    section_.protocols.clear();
  }

  std::vector<MatchedWidth> solve() {
    std::vector<MatchedWidth> solved;
    for (const auto& point : points_to_match(section_)) {
      const auto reference = cell_of(match_.to, point);
      const auto target = count_(reference, match_.metric);
      if (!target || *target <= 0)
        throw UserError(where_, fmt::format("{} of {} cannot be counted, or is 0", match_.metric, match_.to),
                        "a variant to match that has some");
      for (const auto& variant : section_.variants)
        if (variant != match_.to && is_selected(variant))
          solved.push_back(solve(variant, point, reference.channels.out, *target));
    }
    return solved;
  }

 private:
  bool is_selected(const std::string& variant) const {
    const auto& names = study_.selection.variants;
    return names.empty() || std::ranges::find(names, variant) != names.end();
  }

  Cell cell_of(const std::string& variant, std::vector<Axis> point) const {
    set(point, "form", match_.form);
    return make_cell(study_, section_, study_.variant(variant), point, blocks_);
  }

  MatchedWidth solve(const std::string& variant, const std::vector<Axis>& point, std::int64_t start,
                     std::int64_t target) {
    const auto cost = [&](std::int64_t channels) {
      auto at = point;
      set(at, "channels", Channels{channels, channels});
      return count_(cell_of(variant, at), match_.metric);
    };
    const auto found = WidthSearch(cost, target).closest(start);
    if (!found)
      throw UserError(where_, fmt::format("{}: its block takes no width", variant),
                      "variants whose blocks do");
    const auto ratio = static_cast<double>(found->cost) / static_cast<double>(target);
    if (std::abs(ratio - 1) > match_.tolerance)
      throw UserError(
          where_,
          fmt::format("{}: {} channels come closest, at {:.3f} × the {} of {}", variant, found->channels,
                      ratio, match_.metric, match_.to),
          fmt::format("a tolerance above {:g}, or the section without this variant", match_.tolerance));
    return {variant, match_place(point), found->channels, std::round(ratio * 1e4) / 1e4};
  }

  const Study& study_;
  Section section_;
  Match match_;
  const std::vector<BlockSpec>& blocks_;
  const MatchCounter& count_;
  std::string where_;
};

nlohmann::ordered_json to_json(const std::vector<MatchedWidth>& widths) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& width : widths) {
    nlohmann::ordered_json entry{{"variant", width.variant}};
    if (!width.at.empty()) entry["at"] = width.at;
    entry["channels"] = width.channels;
    entry["ratio"] = width.ratio;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

Place match_place(const std::vector<Axis>& point) {
  Place place;
  for (const auto& axis : point)
    if (matters(axis.name)) place.emplace(axis.name, label(axis.name, axis.values.front()));
  return place;
}

const MatchedWidth& width_at(const Match& match, const std::string& variant, const Place& at,
                             const std::string& where) {
  const auto found = std::ranges::find_if(
      match.solved, [&](const auto& width) { return width.variant == variant && width.at == at; });
  if (found != match.solved.end()) return *found;
  throw UserError(where, fmt::format("no width of {} is solved for every point", variant),
                  "what `ablate run` and `ablate plan` solve; a run's study.json has it");
}

ParsedStudy solve_matches(ParsedStudy parsed, const std::vector<BlockSpec>& blocks,
                          const MatchCounter& count) {
  const auto& study = parsed.study;
  const auto is_selected = [&](const std::string& id) {
    const auto& ids = study.selection.sections;
    return ids.empty() || std::ranges::find(ids, id) != ids.end();
  };
  if (std::ranges::none_of(study.sections, [](const auto& section) { return section.match.has_value(); }))
    return parsed;
  auto document = parse_document(parsed.json, study.file);
  for (std::size_t i = 0; i < study.sections.size(); ++i) {
    const auto& section = study.sections[i];
    if (!section.match || !is_selected(section.id)) continue;
    document["sections"][i]["match"]["solved"] = to_json(Matcher(study, i, blocks, count).solve());
  }
  return parse_study_text(print_document(document), study.file, blocks);
}

}  // namespace ablate
