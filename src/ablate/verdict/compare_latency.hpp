#pragma once

#include "ablate/verdict/compare.hpp"

namespace ablate {

/// Inside the verdict room: fills in the latencies of `cell`, with `p` not yet corrected for the other cells.
/// `baseline_a` and `baseline_b` are the records that the cell was interleaved with; null: there are none.
struct LatencySources {
  const Record& a;
  const Record& b;
  const Record* baseline_a = nullptr;
  const Record* baseline_b = nullptr;
};
void compare_latency(const LatencySources& sources, const ComparedRun& run_a, const ComparedRun& run_b,
                     double confidence, CellComparison& cell);

/// Corrects the p-values of all cells for each other and says of each what it comes to.
void decide(std::vector<CellComparison>& cells, const ComparisonRules& rules);

}  // namespace ablate
