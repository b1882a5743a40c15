#pragma once

#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/pointwise_tiles.hpp"
#include "ablate/kernels/cuda/ptx.cuh"

/// A warp's product: a chunk of weights times a chunk of the input, out of shared memory on the tensor cores.

namespace ablate::kernels::cuda::general {

/// The upper eleven bits, which TF32 holds, and the rest. Cutting never makes an infinity of a finite number.
__device__ __forceinline__ void split(float value, uint32_t& upper, uint32_t& lower) {
  upper = __float_as_uint(value) & 0xffffe000u;
  lower = __float_as_uint(value - __uint_as_float(upper));
}

/// What the lanes of a warp have of kFragments x 16 rows by 32 pixels.
template <class T, int kFragments, bool kSingle>
class PointwiseSum {
 public:
  __device__ __forceinline__ void clear() {
#pragma unroll
    for (auto& fragment : sum_)
#pragma unroll
      for (auto& tile : fragment)
#pragma unroll
        for (float& value : tile) value = 0;
  }

  /// `weights` are the warp's fragments of the chunk, `input` its first pixel in the chunk's first column,
  /// `gates` the chunk's scale and shift.
  template <int kStride, bool kGated>
  __device__ __forceinline__ void add(int lane, const T* weights, const T* input, const float* gates) {
    if constexpr (sizeof(T) == 4)
      add_float32<kStride, kGated>(lane, weights, input, gates);
    else
      add_narrow<kStride, kGated>(lane, weights, input, gates);
  }

  /// The lane's row 8 * half + lane / 4 of the warp's rows.
  __device__ __forceinline__ void row(int half, float (&values)[kPixelsOfALane]) const {
#pragma unroll
    for (int i = 0; i < kPixelsOfALane; ++i) values[i] = sum_[half / 2][i % 4][half % 2 * 2 + i / 4];
  }

 private:
  using Tiles = float[kFragments][4][4];  // fragment, mma, register

  template <int kStride, bool kGated>
  __device__ __forceinline__ void add_float32(int lane, const float* weights, const float* input,
                                              const float* gates);
  template <int kStride, bool kGated>
  __device__ __forceinline__ void add_narrow(int lane, const T* weights, const T* input, const float* gates);

  Tiles sum_;
};

/// A chunk is summed from zero and then added in float32: the tensor cores cut their sums off, and over many
/// columns that would be seen. A warp of one fragment has few products to wait for: the three of each step are
/// summed apart, so that none waits for another of its step.
template <class T, int kFragments, bool kSingle>
template <int kStride, bool kGated>
__device__ __forceinline__ void PointwiseSum<T, kFragments, kSingle>::add_float32(int lane,
                                                                                  const float* weights,
                                                                                  const float* input,
                                                                                  const float* gates) {
  constexpr int kApart = kFragments == 1 && !kSingle ? 3 : 1;
  Tiles parts[kApart] = {};
  Tiles &part = parts[0], &low_weights = parts[kApart / 3], &low_input = parts[kApart / 3 * 2];
  const int pair = lane % 4;
  const float* x = input + pair * kStride + lane / 4 * 4;
#pragma unroll kFragments == 1 ? 4 : 1
  for (int step = 0; step < kChunk / 8; ++step) {
    uint32_t upper[2][4], lower[2][4];  // of the input: columns pair and pair + 4, an mma each
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      float values[4];
      load<4>(x + (step * 8 + k * 4) * kStride, values);
      const int column = step * 8 + k * 4 + pair;
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        if constexpr (kGated) values[n] = fmaf(values[n], gates[column], gates[kChunk + column]);
        if constexpr (kSingle)
          upper[k][n] = round_to_tf32(values[n]);
        else
          split(values[n], upper[k][n], lower[k][n]);
      }
    }
#pragma unroll
    for (int m = 0; m < kFragments; ++m) {
      float w[4];
      uint32_t w_upper[4], w_lower[4];
      load<4>(weights + m * kFragmentElements + (step * 32 + lane) * 4, w);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if constexpr (kSingle)
          w_upper[i] = round_to_tf32(w[i]);
        else
          split(w[i], w_upper[i], w_lower[i]);
      }
      if constexpr (!kSingle) {
#pragma unroll
        for (int n = 0; n < 4; ++n) multiply_add_tf32(low_weights[m][n], w_lower, upper[0][n], upper[1][n]);
#pragma unroll
        for (int n = 0; n < 4; ++n) multiply_add_tf32(low_input[m][n], w_upper, lower[0][n], lower[1][n]);
      }
#pragma unroll
      for (int n = 0; n < 4; ++n) multiply_add_tf32(part[m][n], w_upper, upper[0][n], upper[1][n]);
    }
  }
#pragma unroll
  for (int m = 0; m < kFragments; ++m)
#pragma unroll
    for (int n = 0; n < 4; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if constexpr (kApart == 3) part[m][n][i] += low_weights[m][n][i] + low_input[m][n][i];
        sum_[m][n][i] += part[m][n][i];
      }
}

/// Columns lie side by side in an mma's register and apart in shared memory: four pixels of two columns
/// become four registers.
template <class T, int kFragments, bool kSingle>
template <int kStride, bool kGated>
__device__ __forceinline__ void PointwiseSum<T, kFragments, kSingle>::add_narrow(int lane, const T* weights,
                                                                                 const T* input,
                                                                                 const float* gates) {
  const int pair = lane % 4;
  const T* x = input + pair * 2 * kStride + lane / 4 * 4;
#pragma unroll
  for (int step = 0; step < kChunk / 16; ++step) {
    uint32_t b[2][4];  // of the input: columns 2 * pair + 0, 1 and those eight on, an mma each
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const T* from = x + (step * 16 + k * 8) * kStride;
      if constexpr (kGated) {
        float even[4], odd[4];
        load<4>(from, even);
        load<4>(from + kStride, odd);
        const float* scale = gates + step * 16 + k * 8 + pair * 2;
#pragma unroll
        for (int n = 0; n < 4; ++n)
          b[k][n] =
              pack<T>(fmaf(even[n], scale[0], scale[kChunk]), fmaf(odd[n], scale[1], scale[kChunk + 1]));
      } else {
        const auto even = *reinterpret_cast<const uint2*>(from);
        const auto odd = *reinterpret_cast<const uint2*>(from + kStride);
        b[k][0] = __byte_perm(even.x, odd.x, 0x5410), b[k][1] = __byte_perm(even.x, odd.x, 0x7632);
        b[k][2] = __byte_perm(even.y, odd.y, 0x5410), b[k][3] = __byte_perm(even.y, odd.y, 0x7632);
      }
    }
#pragma unroll
    for (int m = 0; m < kFragments; ++m) {
      const auto word =
          *reinterpret_cast<const uint4*>(weights + m * kFragmentElements + (step * 32 + lane) * 8);
      const uint32_t a[4] = {word.x, word.y, word.z, word.w};
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        if constexpr (std::is_same_v<T, __half>)
          multiply_add_f16(sum_[m][n], a, b[0][n], b[1][n]);
        else
          multiply_add_bf16(sum_[m][n], a, b[0][n], b[1][n]);
      }
    }
  }
}

}  // namespace ablate::kernels::cuda::general
