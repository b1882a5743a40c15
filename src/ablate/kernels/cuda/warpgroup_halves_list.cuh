#pragma once

#include "ablate/kernels/cuda/warpgroup_list.cuh"

#include <array>

namespace ablate::kernels::cuda {

/// Of float16 or bfloat16. Tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early, apart,
/// blocks a multiprocessor; what it takes of its estimate. Each is the quickest somewhere, first for few pixels, last
/// for many.
template <typename E>
auto warpgroups_of_halves() {
  return std::to_array<WarpgroupInstance>(
      {warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 32, 2, 1, 2, true, false, 1>>(1.08),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 2, 256, 1, 32, 2, 1, 2, true, false, 1>>(1.02),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 256, 1, 32, 2, 1, 2, true, false, 1>>(1.08),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 256, 1, 48, 2, 2, 2, true, false, 1>>(1.04),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 256, 1, 64, 2, 1, 2, true, false, 1>>(1.07),
       warpgroup_instance<WarpgroupTraits<E, 16, 8, 2, 256, 1, 48, 2, 1, 2, false, false, 2>>(1.03),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 48, 2, 1, 2, true, false, 3>>(1.13),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 48, 1, 2, 2, true, false, 4>>(0.99),
       warpgroup_instance<WarpgroupTraits<E, 16, 8, 2, 256, 1, 64, 1, 2, 2, true, false, 2>>(0.91),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 2, 128, 2, 64, 1, 2, 2, true, false, 3>>(0.88),
       warpgroup_instance<WarpgroupTraits<E, 32, 16, 4, 512, 2, 64, 1, 2, 2, true, false, 1>>(0.80),
       // Convolved on the tensor cores. Rows of a tile, threads, tiles of 64, columns, steps ahead, blocks.
       warpgroup_instance<StripTraits<E, 16, 256, 2, 64, 1, 2>>(0.88),
       warpgroup_instance<StripTraits<E, 16, 128, 2, 64, 2, 2>>(0.72),
       warpgroup_instance<StripTraits<E, 32, 512, 2, 64, 2, 1>>(0.84)});
}

}  // namespace ablate::kernels::cuda
