#pragma once

// CUDA's words for a host compiler, before anything else of a file (-include): see emulation.hpp.

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <math.h>

#include <atomic>

#include "emulation.hpp"

#undef __launch_bounds__
#undef __noinline__
#define __launch_bounds__(...)
#define __noinline__
#define ABLATE_EMULATED 1
// --- waits
// --------------------------------------------------------------------------------------------------------

inline int ablate_all_threads(int vote) {
  auto& block = ablate::emulation::Block::current();
  return block.synchronise(0, static_cast<unsigned>(block.threads().size()), vote);
}
inline void __syncthreads() { ablate_all_threads(0); }
inline int __syncthreads_count(int vote) { return ablate_all_threads(vote != 0 ? 1 : 0); }
inline int __syncthreads_or(int vote) { return __syncthreads_count(vote) > 0 ? 1 : 0; }
inline int __syncthreads_and(int vote) {
  return __syncthreads_count(vote) == static_cast<int>(blockDim.x) ? 1 : 0;
}
inline void __syncwarp(unsigned mask = ~0u) {
  ablate::emulation::Block::current().meet("__syncwarp", mask, nullptr, 0);
}
inline void __threadfence() { ablate::emulation::Grid::current().fence(false); }
inline void __threadfence_block() { ablate::emulation::Grid::current().fence(true); }
inline void __nanosleep(unsigned) { ablate::emulation::Grid::current().look_again(); }
/// A thread's turn takes some cycles.
inline long long clock64() { return static_cast<long long>(ablate::emulation::Grid::current().now()) * 4; }

template <class T>
T atomicAdd(T* to, T value) {
  ablate::emulation::Grid::current().let_others();
  return std::atomic_ref(*to).fetch_add(value, std::memory_order_relaxed);
}
template <class T>
T atomicExch(T* to, T value) {
  ablate::emulation::Grid::current().let_others();
  return std::atomic_ref(*to).exchange(value, std::memory_order_relaxed);
}
inline unsigned atomicAdd(unsigned* to, int value) { return atomicAdd(to, static_cast<unsigned>(value)); }

// --- bits
// ---------------------------------------------------------------------------------------------------------

inline uint32_t __float_as_uint(float value) { return __builtin_bit_cast(uint32_t, value); }
inline float __uint_as_float(uint32_t value) { return __builtin_bit_cast(float, value); }
inline int __float_as_int(float value) { return __builtin_bit_cast(int, value); }
inline float __int_as_float(int value) { return __builtin_bit_cast(float, value); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(uint64_t{a} * b >> 32); }
inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline int __clz(int value) { return value == 0 ? 32 : __builtin_clz(static_cast<unsigned>(value)); }
inline int __ffs(int value) { return __builtin_ffs(value); }

inline uint32_t __byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t both = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i)
    result |= static_cast<uint32_t>(both >> ((selector >> (4 * i) & 7) * 8) & 0xff) << (8 * i);
  return result;
}

// --- between the lanes of a warp
// ----------------------------------------------------------------------------------

/// What lane `from` shows.
template <class T>
T ablate_of_lane(const char* what, unsigned mask, T value, unsigned from) {
  static_assert(sizeof(T) % 4 == 0 && sizeof(T) <= 16);
  uint32_t words[sizeof(T) / 4];
  __builtin_memcpy(words, &value, sizeof(T));
  const auto shown = ablate::emulation::Block::current().meet(what, mask, words, sizeof(T) / 4);
  if ((mask >> from & 1) == 0) ablate::emulation::stop("a shuffle from a lane that takes no part");
  __builtin_memcpy(&value, shown.lanes[from], sizeof(T));
  return value;
}
inline unsigned ablate_lane() { return threadIdx.x % 32; }

template <class T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32) {
  const auto segment = ablate_lane() / static_cast<unsigned>(width) * static_cast<unsigned>(width);
  return ablate_of_lane("__shfl_sync", mask, value,
                        segment + static_cast<unsigned>(from) % static_cast<unsigned>(width));
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int = 32) {
  return ablate_of_lane("__shfl_xor_sync", mask, value, ablate_lane() ^ static_cast<unsigned>(lanes));
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const auto lane = ablate_lane(), from = lane + lanes,
             last = lane / static_cast<unsigned>(width) * static_cast<unsigned>(width) +
                    static_cast<unsigned>(width);
  return ablate_of_lane("__shfl_down_sync", mask, value, from < last ? from : lane);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const auto lane = ablate_lane();
  return ablate_of_lane("__shfl_up_sync", mask, value,
                        lane % static_cast<unsigned>(width) >= lanes ? lane - lanes : lane);
}
inline unsigned __ballot_sync(unsigned mask, int vote) {
  const uint32_t word = vote != 0 ? 1 : 0;
  const auto shown = ablate::emulation::Block::current().meet("__ballot_sync", mask, &word, 1);
  unsigned votes = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    if ((mask >> lane & 1) != 0 && shown.lanes[lane][0] != 0) votes |= 1u << lane;
  return votes;
}
inline int __all_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) == mask ? 1 : 0; }
inline int __any_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) != 0 ? 1 : 0; }

// --- arithmetic and memory
// ----------------------------------------------------------------------------------------

inline float __expf(float value) { return expf(value); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float value) { return 1 / value; }

template <class A, class B>
constexpr auto min(A a, B b) -> decltype(a + b) {
  return b < a ? b : a;
}
template <class A, class B>
constexpr auto max(A a, B b) -> decltype(a + b) {
  return a < b ? b : a;
}

template <class T>
T __ldg(const T* from) {
  return *from;
}
template <class T>
T __ldcs(const T* from) {
  return *from;
}
template <class T>
T __ldcg(const T* from) {
  return *from;
}
template <class T>
void __stcs(T* to, T value) {
  *to = value;
}
template <class T>
void __stcg(T* to, T value) {
  *to = value;
}
inline void __prefetch_global_l2(const void*) {}

// Last: CUDA's own headers must not take the host compiler for nvcc.
#define __CUDACC__ 1
