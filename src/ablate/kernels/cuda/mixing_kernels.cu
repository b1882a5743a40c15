#include "ablate/kernels/cuda/mixing_list.cuh"

namespace ablate::kernels::cuda {

// Kernels other than 7 x 7; in half precision these take the general scheme.
void add_mixing_kernels(std::vector<MixingInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(mixing_anywhere<float, 1>());
  add(mixing_anywhere<float, 3>());
  add(mixing_anywhere<float, 5>());
  add(mixing_anywhere<float, 9>());
}

}  // namespace ablate::kernels::cuda
