#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: the key "match" of a section whose variants, axes and baseline have been read.
std::optional<Match> read_match(const Node& section_node, const Section& section, const Known& known);

}  // namespace ablate
