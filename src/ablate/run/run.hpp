#pragma once

#include "ablate/record/store.hpp"
#include "ablate/stats/stats.hpp"
#include "ablate/study/plan.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

/// The room that measures a plan: builds each cell's block, counts it, checks it, times it, appends its
/// record, goes on. It knows nothing of tables.

namespace ablate {

/// A group between two of its layouts. Whoever looks at an estimate pays for it with a millisecond or so of
/// the group's time, in which nothing is timed.
struct Interim {
  std::size_t cells = 0, rounds = 0;
  double spent = 0;           ///< of the time that the group may take, from 0 to 1
  Clock clock = Clock::host;  ///< that decides when the group is precise enough
  std::function<const Cell&(std::size_t)> cell;
  /// What the cell's samples so far tell of a call's seconds on that clock.
  std::function<Estimate(std::size_t)> estimate;
};

/// Told of the run as it goes on; a terminal, a log. Nothing is being timed while it is told.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void starts(const Cell& cell, std::size_t index) = 0;
  virtual void sampled(const Interim& /*so_far*/) {}
  virtual void ended(const Record& record) = 0;
};

struct RunOutcome {
  std::size_t ok = 0, skipped = 0, failed = 0, disturbed = 0;
  bool interrupted = false;
  double measuring_s = 0;  ///< warm-up and samples
  double total_s = 0;
};

struct RunOptions {
  std::string environment{};             ///< hash, for the records
  std::map<std::string, Peaks> peaks{};  ///< by device
  /// Paired groups share this time, the least decided first, in place of their protocols' own budgets.
  std::optional<double> budget_s{};
  std::uint64_t order_seed = 0;  ///< of the order in which paired cells take turns
};

/// Measures every cell of the plan that `store` has no record of. What goes wrong with a cell is its record:
/// a device that is not here skips it, an error of its own fails it, and the next one follows. Ends after the
/// cell, or the layout of a group, under way once `stop` is set; that group has no records then. Throws only
/// where a record cannot be written.
RunOutcome run(const Study& study, const Plan& plan, RunStore& store, const RunOptions& options,
               RunObserver& observer, const std::atomic<bool>& stop);

/// Rough guess of what measuring a cell takes, in seconds, from its size alone: for `ablate plan` and for the
/// time left.
double estimated_seconds(const Cell& cell);

/// This machine, this process and this build, as records name them.
Environment this_environment();

}  // namespace ablate
