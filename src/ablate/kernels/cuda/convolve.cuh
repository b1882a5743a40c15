#pragma once

// The depthwise convolution of one thread: OH rows by four columns of a channel, its kernel in registers, its
// input in shared memory. Of 1674 instructions for 8 rows of a 7 x 7 kernel, 1568 multiply and add.

#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/planes.hpp"

namespace ablate::kernels::cuda {

/// Windows of `Width` x `Height` elements at (x, y) of `count` planes, `Stride` elements from one to the
/// next, zero outside the image, by cp.async where the element's size allows it. Called by `Threads` threads;
/// `wide`: rows are whole vectors of four.
template <int Threads, int Width, int Height, int Stride = Width* Height, typename E>
__device__ __forceinline__ void fetch_planes(E* to, const E* planes, int64_t channel_stride, int count, int x,
                                             int y, int height, int width, bool wide, int thread) {
  constexpr int vector = 4, in_row = Width / vector;
  for (int i = thread; wide && i < count * in_row * Height; i += Threads) {
    const int plane = i / (in_row * Height), at = i % (in_row * Height);
    const int u = x + at % in_row * vector, v = y + at / in_row;
    const bool inside = u >= 0 && u < width && v >= 0 && v < height;
    const E* from = planes + plane * channel_stride + (inside ? static_cast<int64_t>(v) * width + u : 0);
    copy_async<vector * sizeof(E)>(to + plane * Stride + at * vector, from, inside);
  }
  for (int i = thread; !wide && i < count * Width * Height; i += Threads) {
    const int plane = i / (Width * Height), at = i % (Width * Height);
    const int u = x + at % Width, v = y + at / Width;
    const bool inside = u >= 0 && u < width && v >= 0 && v < height;
    const E* from = planes + plane * channel_stride + (inside ? static_cast<int64_t>(v) * width + u : 0);
    if constexpr (sizeof(E) == 4)
      copy_async<4>(to + plane * Stride + at, from, inside);
    else
      to[plane * Stride + at] = inside ? *from : E(0.f);
  }
}

/// A channel's kernel and bias.
template <int K>
struct Taps {
  __device__ __forceinline__ explicit Taps(const float* from) {
#pragma unroll
    for (int i = 0; i < padded_taps(K); i += 4) {
      const float4 four = *reinterpret_cast<const float4*>(from + i);
      w[i] = four.x, w[i + 1] = four.y, w[i + 2] = four.z, w[i + 3] = four.w;
    }
  }
  float w[padded_taps(K)];
};

/// sums[o][j] = bias + kernel . input around output (row o, column j) of the thread; `rows` is the thread's
/// first input row, four columns before its first output; rows are `pitch` elements apart.
template <int K, int OH, typename E>
__device__ __forceinline__ void convolve(const E* rows, int pitch, const Taps<K>& taps, float (&sums)[OH][4]) {
  const auto& w = taps.w;
#pragma unroll
  for (int o = 0; o < OH; ++o)
#pragma unroll
    for (int j = 0; j < 4; ++j) sums[o][j] = w[K * K];
#pragma unroll
  for (int r = 0; r < OH + K - 1; ++r) {
    float in[12];
#pragma unroll
    for (int v = 0; v < 3; ++v) {
      if (K == 1 && v != 1) continue;
      const float4 four = load4(rows + r * pitch + 4 * v);
      in[4 * v] = four.x, in[4 * v + 1] = four.y, in[4 * v + 2] = four.z, in[4 * v + 3] = four.w;
    }
    // Columns of the kernel outside, rows inside: products of one sum lie far apart.
#pragma unroll
    for (int kx = 0; kx < K; ++kx)
#pragma unroll
      for (int o = 0; o < OH; ++o) {
        const int ky = r - o;
        if (ky < 0 || ky >= K) continue;
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[o][j] = fmaf(in[4 - K / 2 + kx + j], w[ky * K + kx], sums[o][j]);
      }
  }
}

template <int K, int OH, typename E>
__device__ __forceinline__ void convolve(const E* rows, int pitch, const float* taps, float (&sums)[OH][4]) {
  convolve<K, OH>(rows, pitch, Taps<K>(taps), sums);
}

/// The same of one row, its sums in the same order, by a loop over the kernel's rows.
template <int K, typename E>
__device__ __forceinline__ void convolve_row(const E* rows, int pitch, const float* taps,
                                             float (&sums)[1][4]) {
#pragma unroll
  for (int j = 0; j < 4; ++j) sums[0][j] = taps[K * K];
#pragma unroll 1
  for (int ky = 0; ky < K; ++ky, rows += pitch, taps += K) {
    float in[12];
#pragma unroll
    for (int v = 0; v < 3; ++v) {
      if (K == 1 && v != 1) continue;
      const float4 four = load4(rows + 4 * v);
      in[4 * v] = four.x, in[4 * v + 1] = four.y, in[4 * v + 2] = four.z, in[4 * v + 3] = four.w;
    }
#pragma unroll
    for (int kx = 0; kx < K; ++kx)
#pragma unroll
      for (int j = 0; j < 4; ++j) sums[0][j] = fmaf(in[4 - K / 2 + kx + j], taps[kx], sums[0][j]);
  }
}

/// ReLU, and the sum of what lies inside the image; the first value is pixel (x, y).
template <int OH>
__device__ __forceinline__ float rectify(float (&values)[OH][4], int x, int y, int height, int width) {
  float sum = 0;
#pragma unroll
  for (int o = 0; o < OH; ++o)
#pragma unroll
    for (int j = 0; j < 4; ++j) values[o][j] = relu(values[o][j]);
  if (x + 4 <= width && y + OH <= height) {
#pragma unroll
    for (int o = 0; o < OH; ++o) sum += (values[o][0] + values[o][1]) + (values[o][2] + values[o][3]);
  } else {
#pragma unroll
    for (int o = 0; o < OH; ++o)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (x + j < width && y + o < height) sum += values[o][j];
  }
  return sum;
}

/// The first `count` of four values, one by one.
template <typename E>
__device__ __forceinline__ void store_some(E* to, float4 v, int count) {
  if (count > 0) store1(to, v.x);
  if (count > 1) store1(to + 1, v.y);
  if (count > 2) store1(to + 2, v.z);
  if (count > 3) store1(to + 3, v.w);
}

}  // namespace ablate::kernels::cuda
