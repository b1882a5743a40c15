#pragma once

#include "ablate/kernels/cpu/packed.hpp"
#include "ablate/kernels/scheme.hpp"

namespace ablate::kernels {

/// Sizes of one core's data caches, and of the last level, bytes; those of a small machine where the system
/// does not tell.
struct Caches {
  int64_t first, second, last;
};
const Caches& caches();

/// How a block goes over images of one shape. What is computed, to the bit, does not depend on `workers`.
struct Plan {
  /// `workers`: as many as there are, at most.
  Plan(const PackedBlock& block, const ImageShape& shape, int64_t workers);

  int64_t pixels() const { return tiling.height * tiling.width; }
  int64_t strips() const { return (pixels() + strip_pixels - 1) / strip_pixels; }

  Tiling tiling;
  int64_t strip_pixels;  ///< that a pointwise convolution takes at a time
  int64_t workers;       ///< that have enough to do
  int64_t image_bytes;   ///< that one image passes through the caches
  int64_t images_apart;  ///< of the batch, from its first: each worked on by one worker, from end to end
  bool ahead;            ///< the next bands are prefetched: they are not in the cache
  bool apart;        ///< the convolution goes to scratch that stays in the cache, not to the output at once
  bool past_caches;  ///< what is written for the last time is not kept in the caches
};

/// The plan in words.
Scheme describe(const PackedBlock& block, const Plan& plan, const ImageShape& shape);

}  // namespace ablate::kernels
