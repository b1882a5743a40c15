#pragma once

#include "ablate/base/block_spec.hpp"
#include "ablate/blocks/block.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace ablate {

/// A registered block: what it is called and takes, and how one is made from that.
struct BlockType {
  BlockSpec spec;
  /// In its train form, float32, on the CPU. Options are complete; throws UserError where they do not go
  /// together.
  std::function<std::shared_ptr<Block>(const Options&)> make;
  std::string origin = {};  ///< the plugin that it came from; empty: ablate itself
};

/// Every block there is, in the order of `ablate list blocks`: our own, then those of plugins.
const std::vector<BlockType>& block_types();

/// Throws UserError, its place being `where`, with the nearest name.
const BlockType& block_type(std::string_view name, std::string_view where = "block");

/// The plain descriptions alone.
const std::vector<BlockSpec>& block_specs();

/// Adds a block from the plugin `origin`. Pointers into the lists above do not outlive it. Throws UserError
/// for a name that is taken, naming both.
void register_block(BlockType type, std::string_view origin);

/// `options` in part or whole; the rest is filled in. The block comes in `form`.
std::shared_ptr<Block> make_block(std::string_view name, const Options& options, Form form = Form::train);

}  // namespace ablate
