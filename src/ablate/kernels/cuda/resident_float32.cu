#include "ablate/kernels/cuda/resident_list.cuh"

namespace ablate::kernels::cuda {

void add_resident_float32(std::vector<ResidentInstance>& list) {
  const auto add = [&list](const auto& some) { list.insert(list.end(), some.begin(), some.end()); };
  add(resident_by_boxes<float, false>());
  add(resident_by_boxes<float, true>());
  add(resident_tended_boxes<float>());
  add(resident_anywhere<float, 7>());
}

}  // namespace ablate::kernels::cuda
