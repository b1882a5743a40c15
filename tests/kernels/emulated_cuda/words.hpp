#pragma once

// CUDA's words for a host compiler, before anything else of a file (-include): see emulation.hpp.

#include <cuda_runtime.h>
#include <math.h>

#include "emulation.hpp"

#undef __launch_bounds__
#undef __noinline__
#define __launch_bounds__(...)
#define __noinline__
#define ABLATE_EMULATED 1
#define threadIdx (uint3{ablate::emulation::Block::current().thread().index, 0, 0})
#define blockIdx (ablate::emulation::Block::current().index())
#define blockDim (uint3{ablate::emulation::Block::current().threads(), 1, 1})

inline void __syncthreads() { ablate::emulation::Block::current().synchronise(); }
inline uint32_t __float_as_uint(float value) { return __builtin_bit_cast(uint32_t, value); }
inline float __uint_as_float(uint32_t value) { return __builtin_bit_cast(float, value); }

inline float __shfl_xor_sync(unsigned, float value, int mask) {
  const auto word = __float_as_uint(value);
  auto& block = ablate::emulation::Block::current();
  const auto lane = block.thread().index % 32;
  return __uint_as_float(block.meet(&word, 1)[lane ^ static_cast<unsigned>(mask)][0]);
}

inline uint32_t __byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t both = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i)
    result |= static_cast<uint32_t>(both >> ((selector >> (4 * i) & 7) * 8) & 0xff) << (8 * i);
  return result;
}
