#pragma once

#include "drawings.hpp"

#include <string>
#include <vector>

namespace ablate::cli {

/// What `ablate report A B C` prints and draws: the runs over one another. Returns the exit code.
int report_runs(const std::vector<std::string>& directories, const std::string& format,
                const Drawings& drawings);

}  // namespace ablate::cli
