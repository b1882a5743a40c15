#pragma once

#include "ablate/kernels/cuda/warpgroup_list.cuh"

#include <array>

namespace ablate::kernels::cuda {

/// Of float16 or bfloat16. Tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early,
/// apart, blocks a multiprocessor, twice, foreseen. bfloat16 has three bits less than the TF32 numbers that
/// `mixing` takes: its gated activations are two numbers each.
template <typename E>
auto warpgroups_of_halves() {
  constexpr bool twice = element_of<E> == Element::bfloat16;
  return std::to_array<WarpgroupInstance>(
      {warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 32, 2, 1, 2, false, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 128, 1, 32, 2, 1, 2, true, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 1, 256, 1, 32, 2, 2, 2, true, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 2, 256, 1, 32, 2, 1, 2, true, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 256, 1, 48, 2, 1, 2, true, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 4, 2, 384, 1, 32, 2, 1, 2, true, false, 1, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 8, 2, 256, 1, 48, 2, 1, 2, false, false, 2, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 8, 256, 2, 64, 1, 1, 2, false, false, 2, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 8, 256, 2, 64, 1, 1, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 4, 256, 2, 64, 1, 2, 2, false, false, 2, twice>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 4, 256, 2, 64, 1, 2, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 64, 4, 4, 256, 2, 64, 1, 2, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 4, 4, 128, 2, 64, 1, 1, 2, false, false, 4, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 8, 8, 128, 2, 64, 1, 1, 2, false, false, 3, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 16, 16, 8, 256, 2, 64, 1, 1, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 16, 8, 512, 2, 64, 1, 1, 2, false, false, 1, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 16, 4, 512, 2, 64, 1, 2, 2, false, false, 1, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 4, 256, 2, 32, 2, 1, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<WarpgroupTraits<E, 32, 8, 8, 256, 2, 64, 2, 1, 2, false, false, 2, twice, true>>(),
       warpgroup_instance<
           WarpgroupTraits<E, 32, 8, 8, 256, 2, 48, 2, 1, 2, false, false, 2, twice, true>>()});
}

}  // namespace ablate::kernels::cuda
