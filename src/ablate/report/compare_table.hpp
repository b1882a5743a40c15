#pragma once

#include "ablate/report/table.hpp"
#include "ablate/verdict/compare.hpp"

#include <string>
#include <vector>

namespace ablate {

/// "30 cells of B against A: 1 slower, 0 faster, 4 undecided, 25 same within 1 %; 1 regression; counts and
/// outputs agree".
std::string summary_line(const Comparison& comparison);

/// The summary with all that differs between the environments; the latencies, what asks for attention first;
/// what must be equal and is not; cells in one run only. Tables that would have no rows are left out.
std::vector<Table> comparison_tables(const Comparison& comparison);

}  // namespace ablate
