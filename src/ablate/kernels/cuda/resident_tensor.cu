#include "ablate/kernels/cuda/resident_tensor_list.cuh"

namespace ablate::kernels::cuda {

void add_resident_tensor(std::vector<ResidentInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(resident_on_tensor<__half, false>());
  add(resident_on_tensor<__half, true>());
  add(resident_on_tensor<__nv_bfloat16, false>());
  add(resident_on_tensor<__nv_bfloat16, true>());
}

}  // namespace ablate::kernels::cuda
