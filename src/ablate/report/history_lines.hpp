#pragma once

#include "ablate/report/table.hpp"
#include "ablate/verdict/history.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Inside the report room: the tables of a history that have a line a cell. `commits` name its runs.
inline constexpr const char* history_section = "history";
using CommitNames = std::vector<std::string>;

/// A column a commit, marked where a cell is slower or faster than before.
Table history_latencies(const History& history, const CommitNames& commits);

/// Params, buffers, MACs and bytes of the cells where one of them changed.
Table history_counts(const History& history, const CommitNames& commits);

/// Each mark of the latencies, with its ratio and interval.
Table marked_changes(const History& history, const CommitNames& commits);

}  // namespace ablate
