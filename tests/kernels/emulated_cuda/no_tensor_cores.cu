// The tensor cores' 16-bit convolution is not emulated: no instances of it.

#include "ablate/kernels/cuda/resident.hpp"

namespace ablate::kernels::cuda {

void add_resident_tensor(std::vector<ResidentInstance>&) {}

}  // namespace ablate::kernels::cuda
