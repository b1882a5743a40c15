#pragma once

#include "ablate/verdict/compare.hpp"

#include <map>
#include <string>
#include <vector>

namespace ablate {

/// Inside the verdict room: fills in the latencies of `cell`, with `p` not yet corrected for the other cells.
/// `baseline_a` and `baseline_b` are the records that the cell was interleaved with; null: there are none.
/// `shift` is what two processes may differ by (`process_shifts`): an absolute logarithm, as a noise floor
/// is.
struct LatencySources {
  const Record& a;
  const Record& b;
  const Record* baseline_a = nullptr;
  const Record* baseline_b = nullptr;
  double shift = 0;
};
void compare_latency(const LatencySources& sources, const ComparedRun& run_a, const ComparedRun& run_b,
                     double confidence, CellComparison& cell);

/// The clocks that a comparison reads of a cell, the deciding one first: graph, device and host on CUDA, the
/// host's on the CPU; those that the record has.
std::vector<Clock> clocks_of(const Record& record);

/// The cell's median on that clock, in seconds, with the interval that a comparison takes it to have, before
/// noise floors and differences between single processes widen it.
Estimate level_of(const Record& record, Clock clock, double confidence);

/// Two processes of the same code differ by more than the rounds within either tell: by device, how far the
/// levels of all cells moved together, and twice how far they scatter about that. 0 where both runs pool
/// several processes, whose intervals hold it; at least `least_shift` elsewhere.
std::map<std::string, double> process_shifts(const std::vector<CellComparison>& cells, const ComparedRun& a,
                                             const ComparedRun& b);
inline constexpr double least_shift = 0.005;

/// Corrects the p-values of all cells for each other and says of each what it comes to.
void decide(std::vector<CellComparison>& cells, const ComparisonRules& rules);

}  // namespace ablate
