#include "ablate/kernels/cpu/table.hpp"

namespace ablate::kernels {

constinit const Kernels portable_kernels = table("portable");

}  // namespace ablate::kernels
