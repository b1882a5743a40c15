#pragma once

#include "ablate/record/store.hpp"
#include "ablate/study/plan.hpp"

#include <string>

namespace ablate {

/// What a page's script shows of each cell, as JSON: id → {"title", "facts": [[name, value]…], "clocks":
/// [[clock, median, interval, samples]…], "flags": […], "command"}. All texts, ready to be read; `study_file`
/// is what the command that measures a cell again names.
std::string cell_cards(const Plan& plan, const Records& records, const std::string& study_file);

/// "ablate run study.json --cell 0123456789abcdef", quoted for a shell.
std::string command_for(const Cell& cell, const std::string& study_file);

}  // namespace ablate
