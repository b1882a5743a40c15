#include "ablate/kernels/cuda/warpgroup_list.cuh"

namespace ablate::kernels::cuda {

void add_warpgroup_float32([[maybe_unused]] std::vector<WarpgroupInstance>& list) {
#ifndef ABLATE_WITHOUT_WARPGROUPS
  // Tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early, apart, blocks a
  // multiprocessor; what it takes of its estimate. Each is the quickest somewhere: first those by boxes, for few
  // pixels in clusters, for more without, for many the last three; then those for rows of any width.
  list.insert(
      list.end(),
      {warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 2, 1, 2, false, true, 1>>(1.01),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 2, 1, 2, true, true, 1>>(1.00),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 32, 2, 1, 2, true, true, 1>>(0.99),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 48, 2, 2, 2, true, false, 1>>(0.94),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 64, 2, 1, 2, true, false, 1>>(0.94),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 32, 2, 1, 2, true, true, 1>>(1.03),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 48, 2, 1, 2, true, true, 3>>(1.07),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 48, 1, 2, 2, true, false, 3>>(0.92),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 64, 1, 2, 2, true, false, 3>>(0.94),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 1, 2, 2, true, false, 3>>(1.02),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 64, 1, 2, 2, false, false, 2>>(0.99),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 512, 1, 64, 1, 2, 2, true, false, 1>>(0.93),
       warpgroup_instance<WarpgroupTraits<float, 32, 8, 2, 256, 2, 64, 1, 2, 1, false, false, 2>>(0.95),
       warpgroup_instance<WarpgroupTraits<float, 32, 4, 2, 128, 2, 64, 1, 2, 1, true, false, 3>>(0.83),
       warpgroup_instance<WarpgroupTraits<float, 32, 16, 4, 512, 2, 64, 1, 2, 1, true, false, 1>>(1.03),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 1, 1, 2, false, true, 2, false>>(1.10),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 32, 2, 1, 2, false, true, 1, false>>(1.06),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 48, 2, 1, 2, false, false, 2, false>>(1.07),
       warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 512, 1, 64, 1, 1, 2, true, false, 1, false>>(1.00),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 128, 1, 64, 1, 2, 2, true, false, 3, false>>(1.06),
       warpgroup_instance<WarpgroupTraits<float, 16, 4, 2, 256, 1, 48, 2, 2, 2, true, false, 1, false>>(1.02),
       warpgroup_instance<WarpgroupTraits<float, 32, 8, 4, 256, 2, 64, 1, 1, 1, false, false, 2, false>>(1.18)});
#endif
}

}  // namespace ablate::kernels::cuda
