#include "ablate/kernels/cpu/table.hpp"

namespace ablate::kernels {

constinit const Kernels avx512_kernels = table("avx512");

}  // namespace ablate::kernels
