#pragma once

// In place of src/ablate/kernels/cuda/ptx.cuh where a host compiler runs the kernels: see emulation.hpp.

#include <cmath>
#include <utility>

#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/overlap.hpp"
#include "words.hpp"

namespace ablate::kernels::cuda::general {

#define ABLATE_DYNAMIC_SHARED(name) \
  unsigned char* const name = ablate::kernels::cuda::general::shared_memory()
#define ABLATE_STATIC_SHARED(type, name) type& name = ablate::kernels::cuda::general::block_shared<type>()

inline unsigned char* shared_memory() { return ablate::emulation::Block::current().shared(); }

template <class T>
T kept(T value) {
  return value;
}

inline void let_next_begin() {}
inline void wait_for_previous() {}

/// One of a type in a kernel.
template <class T>
T& block_shared() {
  static char key;
  return *static_cast<T*>(ablate::emulation::Block::current().kept(&key, sizeof(T)));
}

template <int kBytes>
void copy_async(void* to, const void* from, int valid) {
  ablate::emulation::copy_async(to, from, kBytes, valid);
}
inline void close_copy_group() { ablate::emulation::close_copy_group(); }
template <int kLeft>
void wait_for_copies() {
  ablate::emulation::wait_for_copies(kLeft);
}

/// Towards zero, as the tensor cores add.
inline float cut(double value) {
  const auto near = static_cast<float>(value);
  return std::isfinite(value) && std::abs(static_cast<double>(near)) > std::abs(value)
             ? std::nextafterf(near, 0.0f)
             : near;
}

/// kWords words of a lane's b hold kWords * kEach of the mma's columns, `factor` takes one out of a word.
template <int kEach, class Factor>
void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, Factor factor) {
  const uint32_t mine[6] = {a[0], a[1], a[2], a[3], b0, b1};
  auto& block = ablate::emulation::Block::current();
  const auto lane = ablate_lane();
  const auto shown = block.meet("mma", ~0u, mine, 6);
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row = lane / 4, column = lane % 4 * 2 + i % 2;
    double sum = d[i];
    for (unsigned k = 0; k < 8 * kEach; ++k) {
      const unsigned half = k / (4 * kEach), pair = k / kEach % 4, part = k % kEach;
      sum += factor(shown.lanes[row * 4 + pair][i / 2 + 2 * half], part) *
             factor(shown.lanes[column * 4 + pair][4 + half], part);
    }
    d[i] = cut(sum);
  }
}

inline void multiply_add_tf32(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  multiply_add<1>(d, a, b0, b1,
                  [](uint32_t word, unsigned) { return double{__uint_as_float(word & 0xffffe000u)}; });
}

template <class T>
double narrow_factor(uint32_t word, unsigned part) {
  float values[2];
  unpack<T>(word, values[0], values[1]);
  return values[part];
}
inline void multiply_add_f16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  multiply_add<2>(d, a, b0, b1, narrow_factor<__half>);
}
inline void multiply_add_bf16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  multiply_add<2>(d, a, b0, b1, narrow_factor<__nv_bfloat16>);
}

inline uint32_t round_to_tf32(float value) {
  const auto bits = __float_as_uint(value);
  return std::isfinite(value) ? (bits + 0x1000u) & 0xffffe000u : bits;
}

inline float relu(float value) { return value > 0 || value != value ? value : 0.0f; }

template <auto kKernel, class... Arguments>
void call_kernel(void (*)(Arguments...), void** arguments) {
  [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    kKernel(*static_cast<Arguments*>(arguments[kIndex])...);
  }
  (std::index_sequence_for<Arguments...>{});
}

template <auto kKernel>
const void* entry() {
  const auto* address = reinterpret_cast<const void*>(kKernel);
  ablate::emulation::add_kernel(address, [](void** arguments) { call_kernel<kKernel>(kKernel, arguments); });
  return address;
}

struct Grid {
  int64_t x = 1, y = 1;
};

template <auto kKernel, class Argument>
cudaError_t launch(Grid blocks, int threads, int64_t shared_bytes, cudaStream_t, Argument argument,
                   Begin = Begin::behind) {
  if (blocks.x == 0 || blocks.y == 0) return cudaSuccess;
  const dim3 all(static_cast<unsigned>(blocks.x), static_cast<unsigned>(blocks.y));
  ablate::emulation::Grid({all, static_cast<unsigned>(threads), static_cast<size_t>(shared_bytes), 2}, [&] {
    kKernel(argument);
  }).run();
  return cudaSuccess;
}

}  // namespace ablate::kernels::cuda::general
