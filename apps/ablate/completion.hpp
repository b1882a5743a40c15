#pragma once

#include "cli_tree.hpp"

#include <string>

namespace ablate::cli {

/// Scripts that shells read: nothing in them asks the program, so that a key press costs nothing.
std::string bash_completion(const CommandLine& line);
std::string zsh_completion(const CommandLine& line);
std::string fish_completion(const CommandLine& line);

}  // namespace ablate::cli
