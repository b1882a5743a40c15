#include "ablate/kernels/cpu/capability.hpp"

#include "ablate/kernels/cpu/kernels.hpp"

#include <ATen/Version.h>

#include <algorithm>
#include <string>

namespace ablate::kernels {
namespace {

Capability of_processor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return Capability::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Capability::avx2;
#endif
  return Capability::portable;
}

Capability of_aten() {
  const auto capability = at::get_cpu_capability();
  if (capability == "AVX512") return Capability::avx512;
  return capability == "AVX2" ? Capability::avx2 : Capability::portable;
}

}  // namespace

Capability best_capability() {
  static const auto best = std::min(of_processor(), of_aten());
  return best;
}

std::string_view name(Capability capability) { return kernels_of(capability).name; }

const Kernels& kernels_of(Capability capability) {
#if defined(__x86_64__)
  if (capability == Capability::avx512) return avx512_kernels;
  if (capability == Capability::avx2) return avx2_kernels;
#endif
  static_cast<void>(capability);
  return portable_kernels;
}

}  // namespace ablate::kernels
