#pragma once

#include "ablate/verdict/section_view.hpp"

#include <string>

namespace ablate {

/// A label so that it is understood away from a table's head: "batch 4", "64 channels", "kernel_size 7",
/// "cuda".
std::string phrase(const std::string& dimension, const std::string& label);

/// "3 cells", "1 cell".
std::string counted(std::size_t count, const std::string& thing);

/// Why there is no number: "skipped", "failed", "not run", or "—" for a cell that was not asked for it.
std::string placeholder(const Record* record);

}  // namespace ablate
