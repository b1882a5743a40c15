#include "ablate/base/text.hpp"
#include "ablate/report/points.hpp"
#include "ablate/report/summary.hpp"
#include "ablate/verdict/crossing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// Points that differ on the axis alone, in its order.
struct Lane {
  Place place;
  std::vector<Point> points;
};

/// Two variants of a lane.
struct Pair {
  std::string first, second;
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

std::optional<double> number_at(const Section& section, const std::string& axis, const std::string& at) {
  const auto found = std::ranges::find(section.axes, axis, &Axis::name);
  if (found != section.axes.end())
    for (const auto& value : found->values)
      if (label(axis, value) == at) return number_of(value);
  return std::nullopt;
}

std::vector<Sighting> sightings(const Section& section, const Lane& lane, const Crossover& crossover,
                                const Pair& pair, const Contrasts& contrasts) {
  constexpr double confidence = 0.95;
  std::vector<Sighting> seen;
  for (const auto& point : lane.points) {
    if (!point.value(pair.first) || !point.value(pair.second)) continue;
    const auto &a = *point.readings.at(pair.first).record, &b = *point.readings.at(pair.second).record;
    const auto contrast = contrasts.between(a, b, crossover.metric);
    const auto stands = standing(contrasts, a, b, crossover.metric, confidence);
    if (!contrast || !stands) continue;
    const auto& at = point.place.at(crossover.axis);
    seen.push_back({at, number_at(section, crossover.axis, at), *stands, contrast->ratio(confidence)});
  }
  return seen;
}

std::string short_number(double number) { return fmt::format("{:.3g}", number); }

/// "at 57 (52–61), between 48 and 64 (FastSTMBlock below from there)".
std::string crossing_text(const Crossing& crossing, const Pair& pair) {
  std::string at;
  if (crossing.at) {
    at = fmt::format("at {}", short_number(crossing.at->value));
    if (crossing.at->low < crossing.at->high)
      at += fmt::format(" ({}–{})", short_number(crossing.at->low), short_number(crossing.at->high));
    at += ", ";
  }
  return fmt::format("{}between {} and {} ({} below from there)", at, crossing.from, crossing.to,
                     crossing.first_below ? pair.first : pair.second);
}

std::string order_text(const std::vector<Sighting>& seen, const Pair& pair) {
  std::vector<std::string> changes;
  for (const auto& crossing : crossings(seen)) changes.push_back(crossing_text(crossing, pair));
  if (!changes.empty()) return "order changes " + join(changes, ", ");
  const auto decided =
      std::ranges::find_if(seen, [](const Sighting& sighting) { return sighting.first != Standing::open; });
  if (decided == seen.end()) return "no order: within noise everywhere";
  const auto& lower = decided->first == Standing::below ? pair.first : pair.second;
  const bool everywhere = std::ranges::count(seen, Standing::open, &Sighting::first) == 0;
  return everywhere ? fmt::format("no change: {} below everywhere", lower)
                    : fmt::format("no change seen: {} below", lower);
}

/// "no change seen: B below; within noise at 24, 48; 5 of 6 points measured".
std::string lane_text(const Lane& lane, const std::vector<Sighting>& seen, const Pair& pair) {
  auto text = order_text(seen, pair);
  std::vector<std::string> open;
  for (const auto& sighting : seen)
    if (sighting.first == Standing::open) open.push_back(sighting.label);
  if (!open.empty() && open.size() < seen.size()) text += fmt::format("; within noise at {}", join(open));
  if (seen.size() < lane.points.size())
    text += fmt::format("; {} of {} measured", seen.size(), counted(lane.points.size(), "point"));
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

std::vector<Pair> pairs_of(const std::vector<std::string>& variants) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < variants.size(); ++i)
    for (std::size_t j = i + 1; j < variants.size(); ++j) pairs.push_back({variants[i], variants[j]});
  return pairs;
}

void add_rows(Table& table, const SectionView& view, const Records& records, const Crossover& crossover) {
  auto dimensions = varying(view, points_of(view, crossover.metric));
  std::erase(dimensions, crossover.axis);
  for (const auto& dimension : dimensions) table.columns.push_back({dimension, "", "", false});
  table.columns.push_back({"pair", "", "", false});
  table.columns.push_back({"what the numbers say", crossover.metric + ".crossover", "", false});
  const Contrasts contrasts(records);
  std::vector<Point> left_out;
  const auto& variants = view.labels("variant");
  for (const auto& lane : lanes_of(view, crossover)) {
    const auto before = table.rows.size();
    for (const auto& pair : pairs_of(variants))
      if (const auto seen = sightings(view.section(), lane, crossover, pair, contrasts); !seen.empty())
        table.rows.push_back(row_of(lane, dimensions, fmt::format("{}, {}", pair.first, pair.second),
                                    lane_text(lane, seen, pair)));
    if (table.rows.size() == before) left_out.insert(left_out.end(), lane.points.begin(), lane.points.end());
  }
  table.notes = reasons(left_out, variants);
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
  if (const auto* planned = planned_section(study, plan, crossover.section))
    add_rows(table, SectionView(study, plan, *planned, records), records, crossover);
  else
    table.notes.emplace_back("not measured: this section is not part of the run");
  return table;
}

}  // namespace ablate
