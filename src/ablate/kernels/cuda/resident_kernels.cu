#include "ablate/kernels/cuda/resident_list.cuh"

namespace ablate::kernels::cuda {

// Kernels other than 7 x 7; in half precision these take the general scheme.
void add_resident_kernels(std::vector<ResidentInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(resident_anywhere<float, 1>());
  add(resident_anywhere<float, 3>());
  add(resident_anywhere<float, 5>());
  add(resident_anywhere<float, 9>());
}

}  // namespace ablate::kernels::cuda
