#pragma once

#include <string_view>

namespace ablate::kernels {

struct Kernels;

/// Instructions that kernels are compiled for.
enum class Capability { portable, avx2, avx512 };

/// What ATen uses (which ATEN_CPU_CAPABILITY=default, avx2 or avx512 lowers), as far as this processor and
/// this build have it.
Capability best_capability();

std::string_view name(Capability capability);

/// Precondition: `capability` is at most what the processor has.
const Kernels& kernels_of(Capability capability);

}  // namespace ablate::kernels
