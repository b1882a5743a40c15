#include "ablate/verdict/sums.hpp"
#include "ablate/base/text.hpp"
#include "ablate/report/summary.hpp"
#include "ablate/report/units.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

double half_width(const Estimate& estimate) { return (estimate.high - estimate.low) / 2; }

/// "12.3 ± 0.4", or the number alone where it is exact.
std::string estimate_text(const Estimate& estimate, double per_unit) {
  const auto error = half_width(estimate) * per_unit, value = estimate.value * per_unit;
  if (error == 0 && per_unit == 1) return with_thousands(std::llround(value));
  if (!std::isfinite(error)) return fmt::format("{:.3g} ± ?", value);
  const auto decimals = std::max(0, decimals_for(std::max(std::abs(value), error), error));
  return fmt::format("{} ± {}", rounded(value, decimals), rounded(error, decimals));
}

std::string share_text(const Estimate& share) {
  const auto error = 100 * half_width(share);
  if (error == 0) return fmt::format("{:+.1f} %", 100 * share.value);
  return fmt::format("{:+.1f} ± {:.1f} %", 100 * share.value, error);
}

TableCell estimate_cell(const std::optional<Estimate>& estimate, const Unit& unit, const std::string& cell) {
  if (!estimate) return {"—", {}, cell};
  return {estimate_text(*estimate, unit.per_si), estimate->value, cell};
}

std::vector<TableCell> row_of(const Residual& residual, const std::vector<std::string>& dimensions,
                              const Unit& unit) {
  std::vector<TableCell> row;
  for (const auto& dimension : dimensions) {
    const auto found = residual.place.find(dimension);
    const auto label = found == residual.place.end() ? std::string() : found->second;
    row.push_back({label, label, {}});
  }
  const auto cell = residual.grounds.empty() ? std::string() : residual.grounds.front().cell;
  const auto parts = join(residual.sum.parts, " + ");
  row.push_back({residual.sum.whole, residual.sum.whole, cell});
  row.push_back(estimate_cell(residual.whole, unit, cell));
  row.push_back(estimate_cell(residual.parts, unit, {}));
  row.push_back(estimate_cell(residual.residual, unit, {}));
  if (residual.share)
    row.push_back({share_text(*residual.share), residual.share->value, {}});
  else
    row.push_back({"—", {}, {}});
  row.push_back({parts, parts, {}});
  return row;
}

std::string head(const std::string& words, const Unit& unit) {
  return unit.name.empty() ? words : fmt::format("{} ({})", words, unit.name);
}

std::vector<std::string> notes_of(const std::vector<Residual>& rows) {
  std::vector<std::string> notes{"unaccounted: the whole less its parts, each measured by itself"};
  std::size_t unpaired = 0;
  for (const auto& residual : rows) {
    if (!residual.missing.empty()) {
      auto note = fmt::format("{}: {}", residual.sum.whole, residual.missing);
      if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
    } else if (!residual.paired && residual.whole->low != residual.whole->high) {
      ++unpaired;
    }
  }
  if (unpaired > 0)
    notes.push_back(
        fmt::format("{} not sampled in the same rounds: medians are compared", counted(unpaired, "row")));
  return notes;
}

Table table_of(const SectionView& view, const std::string& metric, const std::vector<Residual>& rows) {
  const auto* known = metric_named(metric);
  std::vector<double> values;
  std::vector<Place> places;
  for (const auto& residual : rows) {
    places.push_back(residual.place);
    if (residual.whole) values.push_back(residual.whole->value);
  }
  const auto unit = unit_for(known->unit, values);
  const auto dimensions = varying(view.section(), places);
  Table table{view.section().id,
              fmt::format("{}: the parts against the whole, by {}", view.section().title, metric),
              notes_of(rows),
              {},
              {}};
  for (const auto& dimension : dimensions) table.columns.push_back({dimension, "", "", false});
  table.columns.push_back({"whole", "", "", false});
  table.columns.push_back({head("whole", unit), metric, known->unit, true});
  table.columns.push_back({head("sum of parts", unit), metric + ".parts", known->unit, true});
  table.columns.push_back({head("unaccounted", unit), metric + ".residual", known->unit, true});
  table.columns.push_back({"of the whole", metric + ".residual.share", "", true});
  table.columns.push_back({"parts", "parts", "", false});
  for (const auto& residual : rows) table.rows.push_back(row_of(residual, dimensions, unit));
  return table;
}

}  // namespace

std::vector<Table> sum_tables(const Study& study, const Plan& plan, const PlannedSection& section,
                              const Records& records) {
  const SectionView view(study, plan, section, records);
  std::vector<std::pair<std::string, std::vector<Residual>>> by_metric;
  for (auto& residual : residuals(study, plan, section, records)) {
    auto found =
        std::ranges::find_if(by_metric, [&](const auto& entry) { return entry.first == residual.metric; });
    if (found == by_metric.end()) found = by_metric.insert(by_metric.end(), {residual.metric, {}});
    found->second.push_back(std::move(residual));
  }
  std::vector<Table> tables;
  for (const auto& [metric, rows] : by_metric) tables.push_back(table_of(view, metric, rows));
  return tables;
}

}  // namespace ablate
