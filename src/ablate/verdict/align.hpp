#pragma once

#include "ablate/verdict/compare.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Lays runs over the first one that each measured in one form, dtype or on one device of its own: "all of it
/// deployed" over "all of it fused". Where every run has a single value of one of these and they differ,
/// cells of the later runs take the ids that the first run's have at the same place. Returns which were
/// levelled so: "form", "dtype", "device". Runs that share cells as they are stay as they are.
std::vector<std::string> align(std::vector<ComparedRun>& runs);

}  // namespace ablate
