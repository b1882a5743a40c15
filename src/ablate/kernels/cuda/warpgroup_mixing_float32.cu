#include "ablate/kernels/cuda/warpgroup_list.cuh"

namespace ablate::kernels::cuda {

void add_warpgroup_float32([[maybe_unused]] std::vector<WarpgroupInstance>& list) {
#ifndef ABLATE_WITHOUT_WARPGROUPS
  // Tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early, apart, blocks a
  // multiprocessor. Each is the quickest somewhere: of those by boxes the first seven for few pixels and few to many
  // channels, the next three for many pixels; then those for rows of any width, in the same order.
  list.insert(
      list.end(),
      {warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 2, 1, 4, false, true, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 1, 1, 4, false, true, 2>>(),
       warpgroup_instance<WarpgroupTraits<float, 32, 4, 1, 256, 1, 32, 2, 2, 4, true, true, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 32, 2, 1, 4, true, true, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 48, 2, 1, 4, true, true, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 48, 2, 1, 4, false, false, 2>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 512, 1, 64, 1, 1, 4, true, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 32, 8, 4, 256, 2, 64, 1, 1, 2, false, false, 2>>(),
       warpgroup_instance<WarpgroupTraits<float, 32, 16, 4, 512, 2, 64, 1, 2, 2, false, false, 1>>(),
       warpgroup_instance<WarpgroupTraits<float, 32, 8, 4, 256, 2, 32, 2, 1, 2, false, false, 2>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 1, 1, 4, false, true, 2, false>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 2, 1, 4, false, true, 1, false>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 48, 2, 1, 4, false, false, 2, false>>(),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 512, 1, 64, 1, 1, 4, true, false, 1, false>>(),
       warpgroup_instance<WarpgroupTraits<float, 32, 8, 4, 256, 2, 64, 1, 1, 2, false, false, 2, false>>()});
#endif
}

}  // namespace ablate::kernels::cuda
