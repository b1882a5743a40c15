#include "ablate/kernels/cuda/resident_list.cuh"

namespace ablate::kernels::cuda {

void add_resident_float16(std::vector<ResidentInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(resident_by_boxes<__half, false>());
  add(resident_by_boxes<__half, true>());
  add(resident_anywhere<__half, 7>());
}

}  // namespace ablate::kernels::cuda
