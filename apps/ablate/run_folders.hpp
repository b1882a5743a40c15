#pragma once

#include "ablate/verdict/compare.hpp"

#include <string>
#include <vector>

namespace ablate::cli {

/// The runs in a folder and the folders in it, by name: directories with `records.jsonl` and
/// `environment.json`. What lies within a run (its processes) is part of it; names that begin with a dot are
/// passed over. Throws UserError where there is none.
std::vector<ComparedRun> read_runs_below(const std::string& folder);

}  // namespace ablate::cli
