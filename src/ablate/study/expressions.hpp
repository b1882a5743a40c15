#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/study/node.hpp"

#include <vector>

namespace ablate {

/// Inside the study room: a block that a study writes itself, an object (docs/own-blocks.md); inside one, a
/// string names a registered block or "identity". Options are checked as those of variants are, and are
/// complete in the result.
BlockExpr read_expression(const Node& node, const std::vector<BlockSpec>& blocks);

}  // namespace ablate
