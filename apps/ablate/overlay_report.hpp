#pragma once

#include <string>
#include <vector>

namespace ablate::cli {

/// What `ablate report A B C` prints: the runs over one another. Writes nothing. Returns the exit code.
int report_runs(const std::vector<std::string>& directories, const std::string& format);

}  // namespace ablate::cli
