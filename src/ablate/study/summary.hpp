#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: what the summary asks of the sections. Every reference is checked. Null where the
/// study has no summary.
std::optional<Summary> read_summary(const Node& study, const Known& known);

}  // namespace ablate
