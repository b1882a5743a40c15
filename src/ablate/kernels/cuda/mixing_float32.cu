#include "ablate/kernels/cuda/mixing_list.cuh"

namespace ablate::kernels::cuda {

void add_mixing_float32(std::vector<MixingInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(mixing_by_boxes<float>());
  add(mixing_anywhere<float, 7>());
}

}  // namespace ablate::kernels::cuda
