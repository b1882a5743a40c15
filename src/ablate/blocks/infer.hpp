#pragma once

#include "ablate/base/block_spec.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// Shapes of a state dict, by name.
using Shapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// The options that the shapes of a block's trained weights give away; those that leave no trace in them
/// (stride, dropout, a shuffle) are not in the result, nor are parts that are there. Where inputs and groups
/// of a RepConv cannot be told apart, `given` has the groups, or there is one. Empty for a block without
/// weights. Throws UserError, its place starting with `where`, for a tensor that is missing or has another
/// rank.
Options infer_options(std::string_view block, const Shapes& shapes, const Options& given,
                      std::string_view where);

}  // namespace ablate
