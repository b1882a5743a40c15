#include "ablate/kernels/cuda/warpgroup_list.cuh"

namespace ablate::kernels::cuda {

void add_warpgroup_float32(std::vector<WarpgroupInstance>& list) {
  // tile, rows, threads, tiles of 64, columns, cluster, stages, steps ahead, early, apart, blocks a
  // multiprocessor
  list.insert(list.end(),
              {warpgroup_instance<WarpgroupTraits<float, 16, 8, 1, 256, 1, 16, 4, 1, 4, true, true, 1>>(),
               warpgroup_instance<WarpgroupTraits<float, 16, 8, 2, 256, 1, 48, 4, 2, 4, true, true, 1>>(),
               warpgroup_instance<WarpgroupTraits<float, 16, 8, 4, 256, 1, 64, 1, 1, 4, false, false, 2>>(),
               warpgroup_instance<WarpgroupTraits<float, 32, 8, 4, 256, 2, 64, 1, 1, 2, false, false, 2>>()});
}

}  // namespace ablate::kernels::cuda
