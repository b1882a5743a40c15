#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: the key "sums" of a section whose variants and metrics are known.
std::vector<Sum> read_sums(const Node& section_node, const Section& section);

}  // namespace ablate
