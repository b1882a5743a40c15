#include "ablate/kernels/cuda/once_list.cuh"

namespace ablate::kernels::cuda {

void add_once_float32(std::vector<OnceInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(once_family<float, 7, true>());
  add(once_family<float, 7, false>());
  add(once_smallest<float, 7>());
}

}  // namespace ablate::kernels::cuda
