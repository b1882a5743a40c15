#include "ablate/verdict/series.hpp"

#include "ablate/verdict/compare_latency.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace ablate {
namespace {

bool share_a_cell(const ComparedRun& a, const ComparedRun& b) {
  return std::ranges::any_of(a.records, [&](const auto& entry) { return b.records.contains(entry.first); });
}

auto order_of(const SeriesCell& line) {
  const auto& cell = line.cell;
  return std::tuple(cell.device, cell.dtype, cell.variant, cell.form, cell.batch, cell.channels,
                    cell.resolution, cell.id);
}

SeriesReading reading_of(const ComparedRun& run, const std::string& id, double confidence) {
  const auto found = run.records.find(id);
  if (found == run.records.end()) return {};
  SeriesReading reading{&found->second, Clock::host, {}, {}};
  if (const auto clocks = clocks_of(found->second); !clocks.empty()) {
    reading.clock = clocks.front();
    reading.level = level_of(found->second, reading.clock, confidence);
  }
  return reading;
}

}  // namespace

RunSeries::RunSeries(std::vector<ComparedRun> runs, Against against, const ComparisonRules& rules)
    : runs_(std::move(runs)), rules_(rules), comparisons_(runs_.size()) {
  auto across = rules;
  across.across_machines = true;
  for (std::size_t i = 1; i < runs_.size(); ++i)
    if (const auto& other = runs_[against == Against::first ? 0 : i - 1]; share_a_cell(other, runs_[i]))
      comparisons_[i] = compare_runs(other, runs_[i], across);
  add_cells();
}

void RunSeries::add_cells() {
  std::map<std::string, Cell> known;
  for (const auto& run : runs_)
    for (const auto& [id, record] : run.records) known.emplace(id, record.cell);
  for (const auto& [id, cell] : known) {
    SeriesCell line{cell, {}};
    for (const auto& run : runs_) line.readings.push_back(reading_of(run, id, rules_.confidence));
    cells_.push_back(std::move(line));
  }
  std::ranges::sort(cells_, {}, order_of);
  std::map<std::string, SeriesCell*> lines;
  for (auto& line : cells_) lines.emplace(line.cell.id, &line);
  for (std::size_t run = 0; run < runs_.size(); ++run)
    if (comparisons_[run])
      for (const auto& change : comparisons_[run]->cells)
        lines.at(change.cell.id)->readings[run].change = change;
}

}  // namespace ablate
