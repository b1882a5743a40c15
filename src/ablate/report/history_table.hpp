#pragma once

#include "ablate/report/table.hpp"
#include "ablate/verdict/history.hpp"

#include <string>
#include <vector>

namespace ablate {

/// "0d41e81": how tables name the commits of a history; two of one name get a number.
std::vector<std::string> commit_labels(const History& history);

/// The machine that a history was measured on, shortly.
std::string machine_of(const History& history);

/// "7 commits, 12 cells on Xeon: 1 regression, …": what the whole history comes to.
std::string summary_line(const History& history);

/// The summary; each commit with what changed in it; latencies, a line a cell and a column a commit; counts
/// that changed; and every change that is marked, with its interval. Tables without rows are left out.
std::vector<Table> history_tables(const History& history);

}  // namespace ablate
