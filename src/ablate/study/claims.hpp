#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: the claims of a study. Every reference is checked, and so is that each predicate
/// has the keys that it needs and no others.
std::vector<Claim> read_claims(const Node& study, const Known& known);

}  // namespace ablate
