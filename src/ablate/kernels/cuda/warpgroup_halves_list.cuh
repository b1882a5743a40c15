#pragma once

#include "ablate/kernels/cuda/warpgroup_list.cuh"

#include <array>

namespace ablate::kernels::cuda {

/// Of float16 or bfloat16. Tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early,
/// apart, blocks a multiprocessor. Each is the quickest somewhere, the last two for many pixels.
template <typename E>
auto warpgroups_of_halves() {
  return std::to_array<WarpgroupInstance>(
      {warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 32, 2, 1, 2, false, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 1, 256, 1, 32, 2, 2, 2, true, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 2, 256, 1, 32, 2, 1, 2, true, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 256, 1, 48, 2, 1, 2, true, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 384, 1, 32, 2, 1, 2, true, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 8, 2, 256, 1, 48, 2, 1, 2, false, false, 2>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 8, 256, 2, 64, 1, 1, 2, false, false, 2>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 4, 256, 2, 64, 1, 2, 2, false, false, 2>>()});
}

}  // namespace ablate::kernels::cuda
