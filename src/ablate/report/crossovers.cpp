#include "ablate/base/text.hpp"
#include "ablate/report/points.hpp"
#include "ablate/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// Two variants at one label of the axis: which of them is below.
struct Comparison {
  std::string label;
  bool first_below;
};

/// Points that differ on the axis alone, in its order.
struct Lane {
  Place place;
  std::vector<Point> points;
};

std::vector<Lane> lanes_of(const SectionView& view, const Crossover& crossover) {
  std::vector<Lane> lanes;
  for (const auto& label : view.labels(crossover.axis))
    for (auto& point : points_of(view, crossover.metric, {{crossover.axis, label}})) {
      auto place = point.place;
      place.erase(crossover.axis);
      auto lane = std::ranges::find(lanes, place, &Lane::place);
      if (lane == lanes.end()) lane = lanes.insert(lanes.end(), {place, {}});
      lane->points.push_back(std::move(point));
    }
  return lanes;
}

/// Labels at which both are equal stand on neither side and are left out.
std::vector<Comparison> compare(const Lane& lane, const std::string& axis, const std::string& first,
                                const std::string& second) {
  std::vector<Comparison> comparisons;
  for (const auto& point : lane.points) {
    const auto a = point.value(first), b = point.value(second);
    if (a && b && *a != *b) comparisons.push_back({point.place.at(axis), *a < *b});
  }
  return comparisons;
}

std::size_t measured(const Lane& lane, const std::string& first, const std::string& second) {
  return static_cast<std::size_t>(std::ranges::count_if(
      lane.points, [&](const Point& point) { return point.value(first) && point.value(second); }));
}

/// "order changes between 48 and 64 (FastSTMBlock below from there)".
std::string changes_text(const std::vector<Comparison>& comparisons, const std::string& first,
                         const std::string& second) {
  std::vector<std::string> changes;
  for (std::size_t i = 1; i < comparisons.size(); ++i)
    if (comparisons[i].first_below != comparisons[i - 1].first_below)
      changes.push_back(fmt::format("between {} and {} ({} below from there)", comparisons[i - 1].label,
                                    comparisons[i].label, comparisons[i].first_below ? first : second));
  if (changes.empty())
    return fmt::format("no change: {} below everywhere", comparisons.front().first_below ? first : second);
  return fmt::format("order changes {}", join(changes, ", "));
}

std::string lane_text(const Lane& lane, const std::string& axis, const std::string& first,
                      const std::string& second) {
  const auto comparisons = compare(lane, axis, first, second);
  const auto count = measured(lane, first, second);
  auto text = comparisons.empty() ? std::string("no change: equal everywhere")
                                  : changes_text(comparisons, first, second);
  if (count < lane.points.size())
    text += fmt::format("; {} of {} measured", count, counted(lane.points.size(), "point"));
  return text;
}

std::vector<TableCell> row_of(const Lane& lane, const std::vector<std::string>& dimensions,
                              const std::string& pair, const std::string& text) {
  std::vector<TableCell> row;
  for (const auto& dimension : dimensions) {
    const auto found = lane.place.find(dimension);
    const auto label = found == lane.place.end() ? std::string() : found->second;
    row.push_back({label, label, {}});
  }
  row.push_back({pair, pair, {}});
  row.push_back({text, text, {}});
  return row;
}

}  // namespace

Table crossover_table(const Study& study, const Plan& plan, const Records& records,
                      const Crossover& crossover) {
  const auto& section = study.section(crossover.section);
  Table table{"summary",
              fmt::format("{}: order by {} along {}", section.title, crossover.metric, crossover.axis),
              {},
              {},
              {}};
  const auto* planned = planned_section(study, plan, crossover.section);
  if (!planned) {
    table.notes.push_back("not measured: this section is not part of the run");
    return table;
  }
  const SectionView view(study, plan, *planned, records);
  auto dimensions = varying(view, points_of(view, crossover.metric));
  std::erase(dimensions, crossover.axis);
  for (const auto& dimension : dimensions) table.columns.push_back({dimension, "", "", false});
  table.columns.push_back({"pair", "", "", false});
  table.columns.push_back({"what the numbers say", crossover.metric + ".crossover", "", false});
  std::vector<Point> left_out;
  const auto& variants = view.labels("variant");
  for (const auto& lane : lanes_of(view, crossover)) {
    const auto before = table.rows.size();
    for (std::size_t i = 0; i < variants.size(); ++i)
      for (std::size_t j = i + 1; j < variants.size(); ++j)
        if (measured(lane, variants[i], variants[j]) > 0)
          table.rows.push_back(row_of(lane, dimensions, fmt::format("{}, {}", variants[i], variants[j]),
                                      lane_text(lane, crossover.axis, variants[i], variants[j])));
    if (table.rows.size() == before) left_out.insert(left_out.end(), lane.points.begin(), lane.points.end());
  }
  table.notes = reasons(left_out, variants);
  return table;
}

}  // namespace ablate
