#pragma once

#include "ablate/verdict/compare.hpp"

#include <string>
#include <vector>

namespace ablate {

/// A short name for each run, by what tells them apart: the GPU or CPU, the form, the revision, the number of
/// threads, LibTorch, the build, or several of these; where none of them does, the directory's name. All
/// differ.
std::vector<std::string> run_labels(const std::vector<ComparedRun>& runs);

/// "Xeon Platinum 8481C" of "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", "H200" of "NVIDIA H200".
std::string short_processor(const std::string& model);

/// The first seven digits, and "+" where there were changes on top of it.
std::string short_revision(const std::string& revision);

}  // namespace ablate
