#include "ablate/report/pareto.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/points.hpp"
#include "ablate/report/summary.hpp"
#include "ablate/verdict/crossing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// `a` is no worse on any metric and better on one, each beyond noise.
bool beats(const Record& a, const Record& b, const Pareto& front, const Contrasts& contrasts) {
  bool better = false;
  for (const auto& metric : front.metrics) {
    const auto stands = standing(contrasts, a, b, metric);
    if (!stands || *stands == Standing::above) return false;
    better = better || *stands == Standing::below;
  }
  return better;
}

/// Variants that have every metric.
std::vector<Standee> standees_at(const Section& section, const Point& point, const Pareto& front) {
  std::vector<Standee> standees;
  for (const auto& variant : section.variants) {
    const auto found = point.readings.find(variant);
    const auto* record = found == point.readings.end() ? nullptr : found->second.record;
    if (record && std::ranges::all_of(front.metrics, [&](const std::string& metric) {
          return value_of(*record, metric).has_value();
        }))
      standees.push_back({variant, record, {}});
  }
  return standees;
}

std::vector<TableCell> row_of(const Place& place, const std::vector<std::string>& dimensions,
                              const std::vector<Standee>& standees) {
  std::vector<TableCell> row;
  for (const auto& dimension : dimensions) {
    const auto found = place.find(dimension);
    const auto label = found == place.end() ? std::string() : found->second;
    row.push_back({label, label, {}});
  }
  std::vector<std::string> front, behind;
  for (const auto& standee : standees)
    if (standee.beaten_by.empty())
      front.push_back(standee.variant);
    else
      behind.push_back(fmt::format("{} (by {})", standee.variant, join(standee.beaten_by)));
  const auto on = join(front), off = join(behind);
  row.push_back({on, on, {}});
  row.push_back({off.empty() ? "none" : off, off, {}});
  return row;
}

/// The metric that decides at which points the others are looked at: one that depends on the device.
const std::string& leading(const Pareto& front) {
  for (const auto& metric : front.metrics)
    if (metric_named(metric)->timed) return metric;
  return front.metrics.front();
}

void add_rows(Table& table, const SectionView& view, const Records& records, const Pareto& front) {
  const auto points = points_of(view, leading(front));
  const auto dimensions = varying(view, points);
  for (const auto& dimension : dimensions) table.columns.push_back({dimension, "", "", false});
  table.columns.push_back({"on the front", "pareto.front", "", false});
  table.columns.push_back({"beaten", "pareto.beaten", "", false});
  const auto fronts = fronts_of(view, records, front);
  for (const auto& at : fronts) table.rows.push_back(row_of(at.place, dimensions, at.standees));
  std::vector<Point> left_out;
  for (const auto& point : points)
    if (std::ranges::find(fronts, point.place, &FrontAt::place) == fronts.end()) left_out.push_back(point);
  table.notes.emplace_back("beaten: another is better on one of these beyond noise, and worse on none");
  for (auto& reason : reasons(left_out, view.section().variants)) table.notes.push_back(std::move(reason));
}

}  // namespace

std::vector<FrontAt> fronts_of(const SectionView& view, const Records& records, const Pareto& front) {
  const Contrasts contrasts(records);
  std::vector<FrontAt> fronts;
  for (const auto& point : points_of(view, leading(front))) {
    auto standees = standees_at(view.section(), point, front);
    if (standees.empty()) continue;
    for (auto& one : standees)
      for (const auto& other : standees)
        if (&one != &other && beats(*other.record, *one.record, front, contrasts))
          one.beaten_by.push_back(other.variant);
    fronts.push_back({point.place, std::move(standees)});
  }
  return fronts;
}

Table pareto_table(const Study& study, const Plan& plan, const Records& records, const Pareto& front) {
  const auto& section = study.section(front.section);
  Table table{"summary",
              fmt::format("{}: best by {} together", section.title, join(front.metrics, " and ")),
              {},
              {},
              {}};
  if (const auto* planned = planned_section(study, plan, front.section))
    add_rows(table, SectionView(study, plan, *planned, records), records, front);
  else
    table.notes.emplace_back("not measured: this section is not part of the run");
  return table;
}

}  // namespace ablate
