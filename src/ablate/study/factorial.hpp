#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: the keys "kind", "factors" and "fraction" of a section whose variants and axes have
/// been read. The factors become its last axes. Refuses factors and fractions of a section of another kind.
void read_factorial(Section& section, const Node& node, const Known& known);

/// Options that an axis of `section` may set: those that all of its blocks have.
std::vector<std::string> possible_options(const Section& section, const Known& known);

}  // namespace ablate
