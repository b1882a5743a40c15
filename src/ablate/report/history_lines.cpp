#include "ablate/report/history_lines.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/cell_labels.hpp"
#include "ablate/report/series_cells.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

const CellComparison* overall_of(const History& history, const std::string& id) {
  const auto found = std::ranges::find_if(
      history.overall, [&](const auto& each) { return each.cell.id == id && each.change; });
  return found == history.overall.end() ? nullptr : &*found;
}

TableCell marked_cell(const RunSeries& series, const SeriesCell& line, std::size_t run, const Unit& unit) {
  auto cell = latency_cell(line.readings[run], unit);
  if (const auto mark = mark_of(judged(series, line, run)); !mark.empty()) cell.text += " " + mark;
  return cell;
}

/// The last number before each commit: a commit that lacks the cell hides no change.
std::vector<TableCell> count_row(const SeriesCell& line, const ExactCount& count, bool& changes) {
  std::vector<TableCell> row;
  std::optional<std::int64_t> before;
  for (const auto& reading : line.readings) {
    const auto now = count_of(reading, count);
    if (!now) {
      row.push_back({"—", {}, line.cell.id});
      continue;
    }
    const bool changed = before && *before != *now;
    changes = changes || changed;
    row.push_back({with_thousands(*now) + (changed ? " ≠" : ""), static_cast<double>(*now), line.cell.id});
    before = now;
  }
  return row;
}

std::string change_text(const CellComparison& change) {
  auto text = std::string(name(*change.change));
  if (change.regression) text += ": regression";
  if (change.by_baseline) text += ", against its baseline";
  return change.disturbed ? text + " (disturbed)" : text;
}

}  // namespace

Table history_latencies(const History& history, const CommitNames& commits) {
  Table table{history_section, "Latency by commit", {}, {}, {}};
  const auto& series = history.series;
  const auto lines = timed_cells(series);
  const CellLabels labels(cells_of(lines));
  const auto unit = latency_unit(series);
  if (!labels.shared().empty()) table.notes.push_back(labels.shared());
  table.notes.push_back(
      fmt::format("medians in {}; ↑ slower, ↓ faster than the commit before, by the rules of ablate compare; "
                  "without a mark "
                  "no difference that the runs can tell",
                  unit.name));
  table.columns = labels.columns();
  for (const auto& commit : commits) table.columns.push_back({commit, "latency", "s"});
  if (!history.overall.empty()) table.columns.push_back({"last / first", "ratio", ""});
  for (const auto* line : lines) {
    auto row = labels.row(line->cell);
    for (std::size_t run = 0; run < commits.size(); ++run)
      row.push_back(marked_cell(series, *line, run, unit));
    const auto* overall = overall_of(history, line->cell.id);
    if (!history.overall.empty())
      row.push_back(ratio_text_cell(overall ? overall->decisive : std::nullopt, line->cell.id));
    if (const auto mark = mark_of(overall); !mark.empty()) row.back().text += " " + mark;
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table history_counts(const History& history, const CommitNames& commits) {
  Table table{history_section, "Counts that changed", {"≠ another number than before"}, {}, {}};
  std::vector<const SeriesCell*> lines;
  for (const auto& line : history.series.cells())
    for (const auto& count : exact_counts) {
      bool changes = false;
      count_row(line, count, changes);
      if (changes && (lines.empty() || lines.back() != &line)) lines.push_back(&line);
    }
  const CellLabels labels(cells_of(lines));
  table.columns = labels.columns();
  table.columns.push_back({"metric", "", "", false});
  for (const auto& commit : commits) table.columns.push_back({commit, std::string(metric_by_row), ""});
  for (const auto* line : lines)
    for (const auto& count : exact_counts) {
      bool changes = false;
      const auto numbers = count_row(*line, count, changes);
      if (!changes) continue;
      auto row = labels.row(line->cell);
      row.push_back({count.metric, count.metric, {}});
      row.insert(row.end(), numbers.begin(), numbers.end());
      table.rows.push_back(std::move(row));
    }
  return table;
}

Table marked_changes(const History& history, const CommitNames& commits) {
  Table table{history_section, "Marked changes of latency", {}, {}, {}};
  const auto& series = history.series;
  std::vector<const SeriesCell*> lines;
  for (const auto& line : series.cells()) lines.push_back(&line);
  const CellLabels labels(cells_of(lines));
  table.columns = {{"commit", "", "", false}, {"before", "", "", false}};
  for (auto& column : labels.columns()) table.columns.push_back(std::move(column));
  for (const auto& column : std::vector<TableColumn>{{"ratio", "ratio", ""},
                                                     {"from", "ratio.low", ""},
                                                     {"to", "ratio.high", ""},
                                                     {"verdict", "verdict", "", false}})
    table.columns.push_back(column);
  for (std::size_t run = 1; run < commits.size(); ++run)
    for (const auto* line : lines) {
      const auto* change = judged(series, *line, run);
      if (mark_of(change).empty()) continue;
      std::vector<TableCell> row{{commits[run], commits[run], {}}, {commits[run - 1], commits[run - 1], {}}};
      for (auto& label : labels.row(line->cell)) row.push_back(std::move(label));
      for (const auto value : {change->decisive->value, change->decisive->low, change->decisive->high})
        row.push_back({rounded(value, 3), value, line->cell.id});
      row.push_back({change_text(*change), std::string(name(*change->change)), line->cell.id});
      table.rows.push_back(std::move(row));
    }
  return table;
}

}  // namespace ablate
