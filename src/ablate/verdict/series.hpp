#pragma once

#include "ablate/verdict/compare.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// What each run of a series is held against.
enum class Against { first, before };

/// What one run says of a cell.
struct SeriesReading {
  const Record* record = nullptr;  ///< of the series' own runs
  Clock clock = Clock::host;
  std::optional<Estimate> level;  ///< seconds on `clock`: the median with its interval within the run
  /// How it stands to the run that this one is held against; none in the first run, and where that one lacks
  /// the cell.
  std::optional<CellComparison> change;
};

struct SeriesCell {
  Cell cell;
  std::vector<SeriesReading> readings;  ///< one for each run; without a record where the run lacks the cell
};

/// Several runs, cell by cell: over one another, or one after the other. Its readings point into its runs, so
/// it is moved, not copied.
class RunSeries {
 public:
  /// Compares each run with the one that it is held against, by `compare_runs`, and across machines too: what
  /// such a comparison may say of latencies is up to its reader. At least one run.
  RunSeries(std::vector<ComparedRun> runs, Against against, const ComparisonRules& rules);
  RunSeries(RunSeries&&) noexcept = default;
  RunSeries& operator=(RunSeries&&) noexcept = default;
  RunSeries(const RunSeries&) = delete;
  RunSeries& operator=(const RunSeries&) = delete;
  ~RunSeries() = default;

  const std::vector<ComparedRun>& runs() const { return runs_; }
  const ComparisonRules& rules() const { return rules_; }
  /// In any of the runs: by variant, form, channels, resolution, and what else tells them apart.
  const std::vector<SeriesCell>& cells() const { return cells_; }
  /// Of run `run` with what it is held against; none for the first, and where they have no cell in common.
  const std::optional<Comparison>& comparison(std::size_t run) const { return comparisons_.at(run); }

 private:
  void add_cells();

  std::vector<ComparedRun> runs_;
  ComparisonRules rules_;
  std::vector<std::optional<Comparison>> comparisons_;
  std::vector<SeriesCell> cells_;
};

}  // namespace ablate
