#pragma once

// The products of mixing.cuh, on the tensor cores and, where Inf or NaN is about, without them.
//
// Pixels are dealt to the tensor cores' columns so that a thread's four loads are neighbours: column n of
// product j is pixel 4 n + j of a segment of 32. A thread then has eight neighbouring pixels of a row.

#include "ablate/kernels/cuda/mixing_traits.cuh"

namespace ablate::kernels::cuda {

__device__ __forceinline__ bool finite(float v) { return (__float_as_uint(v) & 0x7f800000u) != 0x7f800000u; }

/// Eight columns of the product, for `tiles` row tiles and the 32 pixels of a segment: `low` and `high` are
/// this lane's four pixels of columns lane % 4 and lane % 4 + 4, `fragments` the step's first row tile.
template <typename T>
__device__ __forceinline__ void mix_step(float (&sums)[T::row_tiles][4][4],
                                         float (&small)[T::small_tiles][4][4], const float* fragments,
                                         int tiles, float4 low, float4 high) {
  const float values[2][4] = {{low.x, low.y, low.z, low.w}, {high.x, high.y, high.z, high.w}};
  uint32_t b[2][4], rest[2][4];
#pragma unroll
  for (int u = 0; u < 2; ++u)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if constexpr (T::exact)
        split_tf32(values[u][j], b[u][j], rest[u][j]);
      else
        b[u][j] = general::round_to_tf32(values[u][j]);
    }
#pragma unroll
  for (int m = 0; m < T::row_tiles; ++m) {
    if (m >= tiles) break;
    const float4* from = reinterpret_cast<const float4*>(fragments + m * 128) + threadIdx.x % 32;
    const float4 w = T::keeps_weights ? *from : __ldg(from);
    uint32_t a[4], a_rest[4];
    if constexpr (T::exact) {
      split_tf32(w.x, a[0], a_rest[0]), split_tf32(w.y, a[1], a_rest[1]), split_tf32(w.z, a[2], a_rest[2]),
          split_tf32(w.w, a[3], a_rest[3]);
#pragma unroll
      for (int j = 0; j < 4; ++j)
        general::multiply_add_tf32(T::small_tiles > 1 || T::row_tiles == 1 ? small[m][j] : sums[m][j], a_rest,
                                   b[0][j], b[1][j]);
#pragma unroll
      for (int j = 0; j < 4; ++j)
        general::multiply_add_tf32(T::small_tiles > 1 || T::row_tiles == 1 ? small[m][j] : sums[m][j], a,
                                   rest[0][j], rest[1][j]);
    } else {
      a[0] = general::round_to_tf32(w.x), a[1] = general::round_to_tf32(w.y),
      a[2] = general::round_to_tf32(w.z), a[3] = general::round_to_tf32(w.w);
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) general::multiply_add_tf32(sums[m][j], a, b[0][j], b[1][j]);
  }
}

/// The same without tensor cores, for a segment that holds Inf or NaN: split in two, Inf would become NaN.
template <typename T>
__device__ __noinline__ void mix_plainly(const MixingArguments& a, const float* results, const float* gates,
                                         int sample, int segment, int row_tile, int tile_count, int x0,
                                         int y0) {
  using E = typename T::Element;
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  const int pixel = segment * 32 + threadIdx.x % 32, x = x0 + pixel % T::TW, y = y0 + pixel / T::TW;
  if (x >= g.width || y >= g.height) return;
  const int64_t at = static_cast<int64_t>(y) * g.width + x;
  const E* passed = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + at;
  E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride + at;
  for (int m = row_tile * 16; m < min((row_tile + tile_count) * 16, p.channels); ++m) {
    float sum = 0;
    for (int k = 0; k < g.active + g.passive; ++k) {
      const float v = k < g.active ? fmaf(results[k * T::stride + pixel], gates[2 * k], gates[2 * k + 1])
                                   : static_cast<float>(passed[(k - g.active) * g.passed.channel_stride]);
      sum = fmaf(__ldg(p.mix + packed_mix_index(m, k, p.channels, g.active)), v, sum);
    }
    sum += __ldg(p.mix_bias + m);
    store1(out + m * p.output.channel_stride, p.relu ? relu(sum) : sum);
  }
}

}  // namespace ablate::kernels::cuda
