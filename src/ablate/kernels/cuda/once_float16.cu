#include "ablate/kernels/cuda/once_list.cuh"

namespace ablate::kernels::cuda {

void add_once_float16(std::vector<OnceInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(once_family<__half, 7, true>());
  add(once_family<__half, 7, false>());
  add(once_smallest<__half, 7>());
}

}  // namespace ablate::kernels::cuda
