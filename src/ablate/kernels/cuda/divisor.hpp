#pragma once

#include <cstdint>

namespace ablate::kernels::cuda {

/// Division by a number known at launch: a multiplication and a shift, for dividends below 2^31.
struct Divisor {
  unsigned multiplier = 0, shift = 0, divisor = 1;

  static Divisor of(unsigned divisor) {
    unsigned shift = 0;
    while (shift < 31 && (1u << shift) < divisor) ++shift;
    // ceil(2^(31 + shift) / divisor) fits 32 bits, and is exact for dividends below 2^31 (Granlund,
    // Montgomery 1994).
    const auto multiplier = ((std::uint64_t{1} << (31 + shift)) + divisor - 1) / divisor;
    return {static_cast<unsigned>(multiplier), shift == 0 ? 0 : shift - 1, divisor};
  }
#ifdef __CUDACC__
  __device__ __forceinline__ int quotient(int dividend) const {
    if (divisor == 1) return dividend;
    return static_cast<int>(__umulhi(static_cast<unsigned>(dividend), multiplier) >> shift);
  }
#endif
};

#ifdef __CUDACC__
/// The same for many quotients, in registers: without a branch, for dividends below 2^30.
struct HeldDivisor {
  unsigned multiplier, shift;

  __device__ __forceinline__ explicit HeldDivisor(const Divisor& by)
      : multiplier(by.multiplier), shift(by.divisor == 1 ? 0 : by.shift + 1) {}
  __device__ __forceinline__ int quotient(int dividend) const {
    return static_cast<int>(__umulhi(2 * static_cast<unsigned>(dividend), multiplier) >> shift);
  }
};
#endif

}  // namespace ablate::kernels::cuda
