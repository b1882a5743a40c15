#pragma once

#include "ablate/blocks/infer.hpp"
#include "ablate/blocks/registry.hpp"

namespace ablate {

/// The blocks of the literature, for company: each says its paper and whose names it follows in its own
/// header; docs/zoo.md tells of them all.
std::vector<BlockType> zoo_types();

/// As `infer_options`, for these blocks; nothing where `block` is none of them.
std::optional<Options> infer_zoo_options(std::string_view block, const Shapes& shapes, const Options& given,
                                         std::string_view where);

}  // namespace ablate
