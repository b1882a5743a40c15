#include "ablate/kernels/cuda/mixing_list.cuh"

namespace ablate::kernels::cuda {

void add_mixing_bfloat16(std::vector<MixingInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(mixing_by_boxes<__nv_bfloat16>());
  add(mixing_anywhere<__nv_bfloat16, 7>());
}

}  // namespace ablate::kernels::cuda
