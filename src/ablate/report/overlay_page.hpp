#pragma once

#include "ablate/report/figure.hpp"
#include "ablate/report/table.hpp"
#include "ablate/verdict/series.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Each variant's cells under one another, a series of points for each run: latencies, and ratios to the
/// first run where there are some.
std::vector<Figure> overlay_figures(const RunSeries& series, const std::vector<std::string>& labels);

/// Runs over one another as one page, which fetches nothing. `tables` are `overlay_tables`.
std::string overlay_page(const RunSeries& series, const std::vector<std::string>& labels,
                         const std::vector<Table>& tables);

}  // namespace ablate
