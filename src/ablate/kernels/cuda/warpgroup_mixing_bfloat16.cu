#include "ablate/kernels/cuda/warpgroup_halves_list.cuh"

namespace ablate::kernels::cuda {

void add_warpgroup_bfloat16([[maybe_unused]] std::vector<WarpgroupInstance>& list) {
#ifndef ABLATE_WITHOUT_WARPGROUPS
  const auto some = warpgroups_of_halves<__nv_bfloat16>();
  list.insert(list.end(), some.begin(), some.end());
#endif
}

}  // namespace ablate::kernels::cuda
