#include "ablate/report/history_table.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/history_lines.hpp"
#include "ablate/report/run_labels.hpp"
#include "ablate/report/series_cells.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace ablate {
namespace {

/// Cells of a comparison that differ in a count or a status, and in their output.
struct ExactChanges {
  std::size_t counts = 0, outputs = 0;
};

ExactChanges exact_changes(const Comparison& comparison) {
  ExactChanges changes;
  for (const auto& cell : comparison.cells) {
    const auto outputs = std::ranges::count(cell.differences, "output", &ExactDifference::what);
    changes.outputs += static_cast<std::size_t>(outputs);
    changes.counts += cell.differences.size() > static_cast<std::size_t>(outputs) ? 1 : 0;
  }
  return changes;
}

TableCell count_cell(std::size_t count) {
  return {count == 0 ? "·" : fmt::format("{}", count), static_cast<double>(count), {}};
}

Table commit_table(const History& history, const CommitNames& commits) {
  Table table{history_section, "Commits", {"cells by what they are to the commit before"}, {}, {}};
  table.columns = {{"commit", "", "", false},
                   {"measured", "", "", false},
                   {"runs", "runs", ""},
                   {"cells", "cells", ""},
                   {"slower", "slower", ""},
                   {"faster", "faster", ""},
                   {"undecided", "undecided", ""},
                   {"same", "same", ""},
                   {"counts differ", "counts", ""},
                   {"outputs differ", "outputs", ""},
                   {"subject", "", "", false}};
  const auto& series = history.series;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const auto& run = series.runs()[i];
    const auto& comparison = series.comparison(i);
    const auto changes = comparison ? exact_changes(*comparison) : ExactChanges{};
    std::vector<TableCell> row{
        {commits[i], run.environment.revision, {}},
        {run.environment.time, run.environment.time, {}},
        {fmt::format("{}", history.pooled[i]), static_cast<double>(history.pooled[i]), {}},
        {fmt::format("{}", run.records.size()), static_cast<double>(run.records.size()), {}}};
    for (const auto change : {Change::slower, Change::faster, Change::undecided, Change::same})
      row.push_back(comparison ? count_cell(comparison->count(change)) : TableCell{"—", {}, {}});
    for (const auto count : {changes.counts, changes.outputs})
      row.push_back(comparison ? count_cell(count) : TableCell{"—", {}, {}});
    row.push_back({history.subjects[i], history.subjects[i], {}});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table history_summary(const History& history, const CommitNames& commits) {
  Table table{history_section, summary_line(history), history.remarks, {}, {}};
  const auto& series = history.series;
  const bool alone = std::ranges::any_of(history.pooled, [](auto runs) { return runs < 3; });
  if (alone)
    table.notes.emplace_back(
        "commits of fewer than three runs: what two processes of the same code may differ by is estimated "
        "from each pair of neighbours, and small changes stay undecided; three runs a commit tell it");
  for (std::size_t run = 1; run < commits.size(); ++run)
    if (!series.comparison(run))
      table.notes.push_back(fmt::format("{} has no cell in common with {}: nothing to compare", commits[run],
                                        commits[run - 1]));
  return table;
}

}  // namespace

std::vector<std::string> commit_labels(const History& history) {
  std::vector<std::string> labels;
  std::map<std::string, int> seen;
  for (const auto& run : history.series.runs()) {
    auto label = run.environment.revision.empty() ? "unknown" : short_revision(run.environment.revision);
    if (const int before = seen[label]++; before > 0) label += fmt::format(" ({})", before + 1);
    labels.push_back(std::move(label));
  }
  return labels;
}

std::string machine_of(const History& history) {
  const auto& environment = history.series.runs().front().environment;
  return short_processor(environment.gpu.empty() ? environment.cpu : environment.gpu);
}

std::string summary_line(const History& history) {
  std::size_t slower = 0, faster = 0, exact = 0;
  const auto& series = history.series;
  for (std::size_t run = 1; run < series.runs().size(); ++run)
    if (const auto& comparison = series.comparison(run)) {
      slower += comparison->regressions();
      faster += comparison->count(Change::faster);
      exact += exact_changes(*comparison).counts;
    }
  return fmt::format("{}, {} on {}: {}, {} faster, {} of counts", counted(series.runs().size(), "commit"),
                     counted(series.cells().size(), "cell"), machine_of(history),
                     counted(slower, "regression"), faster, counted(exact, "change"));
}

std::vector<Table> history_tables(const History& history) {
  const auto commits = commit_labels(history);
  std::vector<Table> tables{history_summary(history, commits), commit_table(history, commits)};
  auto counts = history_counts(history, commits);
  if (counts.rows.empty())
    tables.front().notes.emplace_back(
        "params, buffers, MACs and bytes of every cell are the same throughout");
  else
    tables.push_back(std::move(counts));
  for (auto& table : std::vector{history_latencies(history, commits), marked_changes(history, commits)})
    if (!table.rows.empty()) tables.push_back(table);
  return tables;
}

}  // namespace ablate
