#pragma once

#include "ablate/report/table.hpp"
#include "ablate/verdict/series.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Tables of several runs over one another, each run a column: what each run is; counts that differ;
/// latencies with their ratios to the first run. Ratios and verdicts stand only where both runs come from one
/// machine; of another machine its levels are shown, and that is said. `labels` are `run_labels` of the runs.
std::vector<Table> overlay_tables(const RunSeries& series, const std::vector<std::string>& labels);

}  // namespace ablate
