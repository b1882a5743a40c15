#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: what is measured.

/// In the order of the file.
std::vector<Variant> read_variants(const Node& study, const std::vector<BlockSpec>& blocks);

/// The block must exist, as that of every variant read does.
const BlockSpec& block_named(const std::vector<BlockSpec>& blocks, const std::string& name);

}  // namespace ablate
