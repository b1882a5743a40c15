#include "ablate/kernels/cuda/resident_list.cuh"

namespace ablate::kernels::cuda {

void add_resident_bfloat16(std::vector<ResidentInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(resident_by_boxes<__nv_bfloat16, false>());
  add(resident_by_boxes<__nv_bfloat16, true>());
  add(resident_anywhere<__nv_bfloat16, 7>());
}

}  // namespace ablate::kernels::cuda
