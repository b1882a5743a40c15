#include "ablate/kernels/cuda/once_list.cuh"

namespace ablate::kernels::cuda {

// Kernels other than 7 x 7; in half precision these take the general scheme.
void add_once_kernels(std::vector<OnceInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(once_family<float, 1, false>());
  add(once_smallest<float, 1>());
  add(once_family<float, 3, false>());
  add(once_smallest<float, 3>());
  add(once_family<float, 5, false>());
  add(once_smallest<float, 5>());
  add(once_family<float, 9, false>());
  add(once_smallest<float, 9>());
}

}  // namespace ablate::kernels::cuda
