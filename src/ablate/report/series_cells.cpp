#include "ablate/report/series_cells.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/cell_cards.hpp"
#include "ablate/report/cell_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

TableCell number_or_nothing(std::optional<double> value, const std::string& id) {
  if (!value || !std::isfinite(*value) || *value <= 0) return {"—", {}, id};
  return {fmt::format("{:.4g}", *value), *value, id};
}

void add_estimate(const std::optional<Estimate>& estimate, const std::string& id,
                  std::vector<TableCell>& row) {
  for (const auto member : {&Estimate::value, &Estimate::low, &Estimate::high})
    row.push_back(number_or_nothing(estimate ? std::optional((*estimate).*member) : std::nullopt, id));
}

void add_reading(const SeriesReading& reading, const CellComparison* change, const std::string& id,
                 std::vector<TableCell>& row) {
  const auto clock = reading.level ? std::string(name(reading.clock)) : std::string();
  row.push_back({clock, clock, id});
  add_estimate(reading.level, id, row);
  add_estimate(change ? change->decisive : std::nullopt, id, row);
  const auto verdict = change ? std::string(name(*change->change)) : std::string();
  row.push_back({verdict, verdict, id});
  for (const auto& count : exact_counts)
    if (const auto number = count_of(reading, count))
      row.push_back({with_thousands(*number), static_cast<double>(*number), id});
    else
      row.push_back({"—", {}, id});
}

std::vector<TableColumn> reading_columns() {
  return {{"clock", "clock", "", false},
          {"median (s)", "latency", "s"},
          {"median from (s)", "latency.low", "s"},
          {"median to (s)", "latency.high", "s"},
          {"ratio", "ratio", ""},
          {"ratio from", "ratio.low", ""},
          {"ratio to", "ratio.high", ""},
          {"verdict", "verdict", "", false},
          {"params", "params", ""},
          {"buffers", "buffers", ""},
          {"MACs", "macs", ""},
          {"bytes", "bytes", "bytes"}};
}

}  // namespace

bool comparable(const RunSeries& series, std::size_t run) {
  const auto& comparison = series.comparison(run);
  return comparison && !comparison->other_machine;
}

const CellComparison* judged(const RunSeries& series, const SeriesCell& cell, std::size_t run) {
  const auto& change = cell.readings[run].change;
  return comparable(series, run) && change && change->change ? &*change : nullptr;
}

std::string mark_of(const CellComparison* change) {
  if (!change) return {};
  return change->change == Change::slower ? "↑" : change->change == Change::faster ? "↓" : "";
}

Unit latency_unit(const RunSeries& series) {
  std::vector<double> levels;
  for (const auto& cell : series.cells())
    for (const auto& reading : cell.readings)
      if (reading.level) levels.push_back(reading.level->value);
  return unit_for("s", levels);
}

TableCell latency_cell(const SeriesReading& reading, const Unit& unit) {
  if (!reading.record) return {"—", {}, {}};
  const auto& id = reading.record->cell.id;
  if (reading.record->status != Status::ok)
    return {reading.record->status == Status::skipped ? "skipped" : "failed", {}, id};
  if (!reading.level) return {"—", {}, id};
  const auto shown = reading.level->value * unit.per_si;
  const auto error = (reading.level->high - reading.level->low) / 2 * unit.per_si;
  return {rounded(shown, std::max(0, decimals_for(shown, std::isfinite(error) ? error : 0))),
          reading.level->value, id};
}

TableCell ratio_text_cell(const std::optional<Estimate>& ratio, const std::string& id) {
  if (!ratio || !std::isfinite(ratio->high) || ratio->low <= 0) return {"—", {}, id};
  const auto decimals = ratio->high - ratio->low < 0.02 ? 3 : 2;
  return {fmt::format("{} [{}, {}]", rounded(ratio->value, decimals), rounded(ratio->low, decimals),
                      rounded(ratio->high, decimals)),
          ratio->value, id};
}

std::optional<std::int64_t> count_of(const SeriesReading& reading, const ExactCount& count) {
  if (!reading.record || !reading.record->counts) return std::nullopt;
  return (*reading.record->counts).*count.member;
}

std::vector<const SeriesCell*> timed_cells(const RunSeries& series) {
  std::vector<const SeriesCell*> lines;
  for (const auto& line : series.cells())
    if (std::ranges::any_of(line.readings, [](const auto& reading) { return reading.level.has_value(); }))
      lines.push_back(&line);
  return lines;
}

std::vector<const Cell*> cells_of(const std::vector<const SeriesCell*>& lines) {
  std::vector<const Cell*> cells;
  for (const auto* line : lines) cells.push_back(&line->cell);
  return cells;
}

std::string series_cards(const std::vector<const RunSeries*>& all) {
  Plan plan;
  Records records;
  for (const auto* series : all)
    for (const auto& run : series->runs())
      for (const auto& [id, record] : run.records)
        if (records.insert_or_assign(id, record).second) plan.cells.push_back(record.cell);
  return cell_cards(plan, records, "study.json");
}

Table readings_table(const RunSeries& series, const std::vector<std::string>& runs,
                     const std::string& section) {
  Table table{section, "All readings", {}, {}, {}};
  std::vector<const SeriesCell*> lines;
  for (const auto& line : series.cells()) lines.push_back(&line);
  const CellLabels labels(cells_of(lines));
  table.columns = labels.columns();
  table.columns.push_back({"run", "", "", false});
  for (auto& column : reading_columns()) table.columns.push_back(std::move(column));
  for (const auto* line : lines)
    for (std::size_t run = 0; run < runs.size(); ++run) {
      if (!line->readings[run].record) continue;
      auto row = labels.row(line->cell);
      row.push_back({runs[run], runs[run], {}});
      add_reading(line->readings[run], judged(series, *line, run), line->cell.id, row);
      table.rows.push_back(std::move(row));
    }
  return table;
}

}  // namespace ablate
