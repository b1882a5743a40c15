#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/study/plan.hpp"

#include <memory>

namespace ablate {

/// A cell's block, laid out in its form, in evaluation mode, and what it is fed.
struct BuiltCell {
  std::shared_ptr<Block> block;
  torch::Tensor input;  ///< [batch, channels.in, height, width], normally distributed
};

/// In float32 on the CPU. Weights and input come from the cell's seed alone, so they are the same in whatever
/// order cells are built. Throws UserError for options that do not go together, and where the input alone
/// would not fit into memory.
BuiltCell build_cell(const Cell& cell);

/// Moves block and input to the cell's device and dtype.
void move_to_device(BuiltCell& built, const Cell& cell);

/// Why this machine, or this build, has no such device; empty if it has.
std::string why_not_here(const std::string& device);

}  // namespace ablate
