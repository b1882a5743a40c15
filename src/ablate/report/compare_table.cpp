#include "ablate/report/compare_table.hpp"

#include "ablate/report/cell_labels.hpp"
#include "ablate/report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

constexpr const char* section = "compare";

std::string counted(std::size_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// "1 %", "0.5 %".
std::string percent(double fraction) { return fmt::format("{:.3g} %", 100 * fraction); }

/// An interval that is open to one side ends at nothing or infinity: no number.
TableCell ratio_cell(std::optional<double> ratio, const std::string& id) {
  if (!ratio || !std::isfinite(*ratio) || *ratio <= 0) return {"—", {}, id};
  return {rounded(*ratio, 3), *ratio, id};
}

const LevelComparison* on(const CellComparison& cell, Clock clock) {
  const auto found = std::ranges::find(cell.levels, clock, &LevelComparison::clock);
  return found == cell.levels.end() ? nullptr : &*found;
}

std::string verdict_text(const CellComparison& cell, const ComparisonRules& rules) {
  std::string text(name(*cell.change));
  if (cell.change == Change::same) text = fmt::format("same within {}", percent(rules.same_within));
  if (cell.regression && rules.threshold > 0) text += fmt::format(" beyond {}", percent(rules.threshold));
  if (cell.by_baseline) text += ", against its baseline";
  return cell.disturbed ? text + " (disturbed)" : text;
}

/// Which columns the latencies need besides the deciding clock's.
struct Columns {
  std::vector<Clock> clocks;
  bool baseline = false;
  Unit unit;
};

Columns columns_for(const std::vector<const CellComparison*>& cells) {
  Columns columns;
  std::vector<double> levels;
  for (const auto* cell : cells) {
    columns.baseline = columns.baseline || cell->to_baseline;
    levels.push_back(cell->levels.front().a);
    for (const auto& level : cell->levels)
      if (level.clock != cell->clock &&
          std::ranges::find(columns.clocks, level.clock) == columns.clocks.end())
        columns.clocks.push_back(level.clock);
  }
  std::ranges::sort(columns.clocks);
  columns.unit = unit_for("s", levels);
  return columns;
}

void add_heads(const Columns& columns, Table& table) {
  const auto add = [&table](const std::string& header, const std::string& metric, const char* unit = "") {
    table.columns.push_back({header, metric, unit});
  };
  add(fmt::format("A ({})", columns.unit.name), "latency.a", "s");
  add(fmt::format("B ({})", columns.unit.name), "latency.b", "s");
  add("B/A", "ratio");
  add("from", "ratio.low");
  add("to", "ratio.high");
  for (const auto clock : columns.clocks)
    add(fmt::format("{} B/A", name(clock)), fmt::format("ratio.{}", name(clock)));
  if (columns.baseline) add("to baseline B/A", "ratio.to_baseline");
  table.columns.push_back({"verdict", "verdict", "", false});
}

TableCell level_cell(double seconds, const Unit& unit, const std::string& id) {
  const auto shown = seconds * unit.per_si;
  return {rounded(shown, decimals_for(shown, 0)), seconds, id};
}

void add_row(const CellComparison& cell, const ComparisonRules& rules, const CellLabels& labels,
             const Columns& columns, Table& table) {
  const auto& id = cell.cell.id;
  const auto& level = cell.levels.front();
  const auto ratio = cell.decisive.value_or(level.ratio);
  auto row = labels.row(cell.cell);
  row.push_back(level_cell(level.a, columns.unit, id));
  row.push_back(level_cell(level.b, columns.unit, id));
  for (const auto value : {ratio.value, ratio.low, ratio.high}) row.push_back(ratio_cell(value, id));
  for (const auto clock : columns.clocks) {
    const auto* other = clock == cell.clock ? nullptr : on(cell, clock);
    row.push_back(ratio_cell(other ? std::optional(other->ratio.value) : std::nullopt, id));
  }
  if (columns.baseline)
    row.push_back(ratio_cell(cell.to_baseline ? std::optional(cell.to_baseline->value) : std::nullopt, id));
  row.push_back({verdict_text(cell, rules), std::string(name(*cell.change)), id});
  table.rows.push_back(std::move(row));
}

Table latencies(const Comparison& comparison) {
  Table table{section, "Latencies of B against A", {}, {}, {}};
  std::vector<const CellComparison*> timed;
  std::vector<const Cell*> cells;
  for (const auto& cell : comparison.cells)
    if (!cell.levels.empty()) {
      timed.push_back(&cell);
      cells.push_back(&cell.cell);
    }
  if (timed.empty()) return table;
  const CellLabels labels(cells);
  const auto columns = columns_for(timed);
  if (!labels.shared().empty()) table.notes.push_back(labels.shared());
  table.notes.push_back(
      fmt::format("B/A with its {} interval, widened by the noise floors of both runs; the graph's clock on "
                  "CUDA (else the device's), host clock "
                  "on the CPU",
                  percent(comparison.rules.confidence)));
  table.columns = labels.columns();
  add_heads(columns, table);
  for (const auto* cell : timed) add_row(*cell, comparison.rules, labels, columns, table);
  return table;
}

Table exact(const Comparison& comparison) {
  Table table{section, "Equal in A and B by rights, and not", {}, {}, {}};
  std::vector<const Cell*> cells;
  for (const auto& cell : comparison.cells)
    if (!cell.differences.empty()) cells.push_back(&cell.cell);
  const CellLabels labels(cells);
  if (!labels.shared().empty()) table.notes.push_back(labels.shared());
  table.columns = labels.columns();
  for (const auto* head : {"what", "A", "B"})
    table.columns.push_back({head, head == std::string("what") ? "" : head, "", false});
  for (const auto& cell : comparison.cells)
    for (const auto& [what, a, b] : cell.differences) {
      auto row = labels.row(cell.cell);
      row.push_back({what, what, {}});
      row.push_back({a, a, cell.cell.id});
      row.push_back({b, b, cell.cell.id});
      table.rows.push_back(std::move(row));
    }
  return table;
}

Table only_in(const std::string& run, const std::vector<Cell>& only) {
  Table table{section, fmt::format("Only in {}", run), {}, {}, {}};
  std::vector<const Cell*> cells;
  for (const auto& cell : only) cells.push_back(&cell);
  const CellLabels labels(cells);
  table.columns = labels.columns();
  table.columns.push_back({"cell", "cell", "", false});
  for (const auto& cell : only) {
    table.rows.push_back(labels.row(cell));
    table.rows.back().push_back({cell.id, cell.id, cell.id});
  }
  return table;
}

Table summary(const Comparison& comparison) {
  Table table{section, summary_line(comparison), {}, {}, {}};
  if (comparison.other_machine)
    table.notes.emplace_back("ACROSS MACHINES: what a latency depends on differs; outputs are not compared");
  table.notes.push_back(fmt::format("A: {}", comparison.a));
  table.notes.push_back(fmt::format("B: {}", comparison.b));
  for (const auto& difference : comparison.environment_differs)
    table.notes.push_back(fmt::format("B has {}", difference));
  for (const auto& remark : comparison.remarks) table.notes.push_back(remark);
  return table;
}

}  // namespace

std::string summary_line(const Comparison& comparison) {
  const auto& rules = comparison.rules;
  const auto beyond = rules.threshold > 0 ? fmt::format(" beyond {}", percent(rules.threshold)) : "";
  auto text = fmt::format("{} of B against A: {} slower, {} faster, {} undecided, {} same within {}; {}{}",
                          counted(comparison.cells.size(), "cell"), comparison.count(Change::slower),
                          comparison.count(Change::faster), comparison.count(Change::undecided),
                          comparison.count(Change::same), percent(rules.same_within),
                          counted(comparison.regressions(), "regression"), beyond);
  const auto differ = comparison.cells_that_differ();
  return text + (differ > 0 ? fmt::format("; {} in what must be equal", counted(differ, "difference"))
                 : comparison.outputs > 0 ? "; counts and outputs agree"
                                          : "; counts agree");
}

std::vector<Table> comparison_tables(const Comparison& comparison) {
  std::vector<Table> tables{summary(comparison)};
  const auto add = [&tables](Table table) {
    if (!table.rows.empty()) tables.push_back(std::move(table));
  };
  add(exact(comparison));
  add(latencies(comparison));
  add(only_in("A", comparison.only_a));
  add(only_in("B", comparison.only_b));
  return tables;
}

}  // namespace ablate
