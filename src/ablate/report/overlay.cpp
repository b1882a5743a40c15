#include "ablate/report/overlay.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/cell_labels.hpp"
#include "ablate/report/series_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ablate {
namespace {

constexpr const char* overlay_section = "overlay";

using RunNames = std::vector<std::string>;

/// "cpu", "threads": which, not how; the runs' environments tell.
RunNames differing_fields(const Environment& b, const Environment& a) {
  auto fields = machine_differences(b, a);
  for (auto& field : fields) field.erase(field.find(':'));
  return fields;
}

/// What a reader must know of run `run` before its numbers.
void add_run_notes(const RunSeries& series, const RunNames& labels, std::size_t run,
                   std::vector<std::string>& notes) {
  const auto& of = series.runs()[run];
  notes.push_back(fmt::format("{}: {}", labels[run], of.name));
  if (run == 0) return;
  const auto& comparison = series.comparison(run);
  if (!comparison) {
    notes.push_back(fmt::format("{} has no cell in common with {}: levels only", labels[run], labels[0]));
    return;
  }
  if (comparison->other_machine)
    notes.push_back(fmt::format("{} is another machine than {} ({}): levels only", labels[run], labels[0],
                                join(differing_fields(of.environment, series.runs()[0].environment))));
  else
    for (const auto& remark : comparison->remarks)
      notes.push_back(fmt::format("{} (B) against {} (A): {}", labels[run], labels[0], remark));
}

Table overlay_summary(const RunSeries& series, const RunNames& labels) {
  Table table{overlay_section,
              fmt::format("{} runs over one another, {} cells", labels.size(), series.cells().size()),
              {},
              {},
              {}};
  for (std::size_t run = 0; run < labels.size(); ++run) add_run_notes(series, labels, run, table.notes);
  return table;
}

bool counts_differ(const SeriesCell& line, const ExactCount& count) {
  std::set<std::int64_t> values;
  for (const auto& reading : line.readings)
    if (const auto value = count_of(reading, count)) values.insert(*value);
  return values.size() > 1;
}

Table differing_counts(const RunSeries& series, const RunNames& labels) {
  Table table{overlay_section, "Counts that differ between the runs", {}, {}, {}};
  std::vector<const SeriesCell*> lines;
  for (const auto& line : series.cells())
    if (std::ranges::any_of(exact_counts, [&](const auto& count) { return counts_differ(line, count); }))
      lines.push_back(&line);
  const CellLabels cell_labels(cells_of(lines));
  if (!cell_labels.shared().empty()) table.notes.push_back(cell_labels.shared());
  table.columns = cell_labels.columns();
  table.columns.push_back({"metric", "", "", false});
  for (const auto& label : labels) table.columns.push_back({label, std::string(metric_by_row), ""});
  for (const auto* line : lines)
    for (const auto& count : exact_counts) {
      if (!counts_differ(*line, count)) continue;
      auto row = cell_labels.row(line->cell);
      row.push_back({count.metric, count.metric, {}});
      for (const auto& reading : line->readings)
        if (const auto number = count_of(reading, count))
          row.push_back({with_thousands(*number), static_cast<double>(*number), line->cell.id});
        else
          row.push_back({"—", {}, line->cell.id});
      table.rows.push_back(std::move(row));
    }
  return table;
}

void add_latency_columns(const RunSeries& series, const RunNames& labels, const Unit& unit, Table& table) {
  for (std::size_t run = 0; run < labels.size(); ++run) {
    table.columns.push_back({fmt::format("{} ({})", labels[run], unit.name), "latency", "s"});
    if (comparable(series, run))
      table.columns.push_back({fmt::format("{} / {}", labels[run], labels[0]), "ratio", ""});
  }
}

Table overlay_latencies(const RunSeries& series, const RunNames& labels) {
  Table table{overlay_section, "Latencies", {}, {}, {}};
  const auto lines = timed_cells(series);
  const CellLabels cell_labels(cells_of(lines));
  const auto unit = latency_unit(series);
  if (!cell_labels.shared().empty()) table.notes.push_back(cell_labels.shared());
  table.notes.push_back(
      fmt::format("medians; ratios to {} with their {:.3g} % intervals as in ablate compare, ↑ slower, ↓ "
                  "faster, without a "
                  "mark no difference that these runs can tell",
                  labels[0], 100 * series.rules().confidence));
  table.columns = cell_labels.columns();
  add_latency_columns(series, labels, unit, table);
  for (const auto* line : lines) {
    auto row = cell_labels.row(line->cell);
    for (std::size_t run = 0; run < labels.size(); ++run) {
      row.push_back(latency_cell(line->readings[run], unit));
      if (!comparable(series, run)) continue;
      const auto* change = judged(series, *line, run);
      row.push_back(ratio_text_cell(change ? change->decisive : std::nullopt, line->cell.id));
      if (const auto mark = mark_of(change); !mark.empty()) row.back().text += " " + mark;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<Table> overlay_tables(const RunSeries& series, const std::vector<std::string>& labels) {
  std::vector<Table> tables{overlay_summary(series, labels)};
  auto counts = differing_counts(series, labels);
  if (counts.rows.empty())
    tables.front().notes.emplace_back("params, buffers, MACs and bytes are equal wherever runs share a cell");
  else
    tables.push_back(std::move(counts));
  if (auto latencies = overlay_latencies(series, labels); !latencies.rows.empty())
    tables.push_back(std::move(latencies));
  return tables;
}

}  // namespace ablate
