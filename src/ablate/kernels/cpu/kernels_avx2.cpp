#include "ablate/kernels/cpu/table.hpp"

namespace ablate::kernels {

constinit const Kernels avx2_kernels = table("avx2");

}  // namespace ablate::kernels
