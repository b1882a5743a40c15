#pragma once

// The end of a mixing by warp-groups: its sums are scaled back, checked and written, or computed anew where float16
// could not hold what they are made of.

#include "ablate/kernels/cuda/warpgroup_products.cuh"

namespace ablate::kernels::cuda {

/// A warp's pixels and the output channels of a pass without tensor cores: split in two, Inf would become
/// NaN, and what is small nothing. `mix`: the pass's first group; `first`: its first output channel; `pixel`: the
/// warp's first.
template <typename T>
__device__ __noinline__ void mix_plainly(const WarpgroupArguments& a, const typename T::Result* results,
                                         const float* gates, const float* mix, int sample, int pixel,
                                         int first, int x0, int y0) {
  using E = typename T::Element;
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  constexpr int pixels = 16 * T::tiles;  // of the warp
  pixel += threadIdx.x % pixels;
  const int x = x0 + pixel % T::TW, y = y0 + pixel / T::TW;
  if (x >= g.width || y >= g.height) return;
  const int64_t at = static_cast<int64_t>(y) * g.width + x;
  const E* passed = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + at;
  E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride + at;
  const int end = min(T::columns, p.channels - first);
  for (int m = threadIdx.x % 32 / pixels; m < end; m += 32 / pixels) {
    const float* row = mix + m / 8 * a.group_floats;
    const float* constants = row + warpgroup_parts(T::element_bytes) * a.part_floats + m % 8;
    const auto weight = [&](int k) {
      using F = typename T::Factor;
      const int index = warpgroup_weight_index(m % 8, k);
      const float high = general::to_float(reinterpret_cast<const F*>(row)[index]);
      if constexpr (T::halves) return high;
      const float low = general::to_float(reinterpret_cast<const F*>(row + a.part_floats)[index]);
      return (high + low) * (constants[warpgroup_eight] * T::scale);
    };
    float sum = 0;
    for (int k = 0; k < g.active; ++k)
      sum = fmaf(weight(k),
                 fmaf(general::to_float(results[T::place(k, pixel)]), gates[2 * k] / T::scale,
                      gates[2 * k + 1] / T::scale),
                 sum);
    for (int k = 0; k < g.passive; ++k)
      sum = fmaf(weight(padded_active(g.active) + k),
                 static_cast<float>(passed[k * g.passed.channel_stride]), sum);
    sum += constants[0];
    store1(out + static_cast<int64_t>(first + m) * p.output.channel_stride, p.relu ? relu(sum) : sum);
  }
}

/// Whether a pixel of the thread's has an activation large enough for the bits of its float16. All lanes.
template <typename T>
__device__ __forceinline__ bool has_bits(__half2 largest) {
  if constexpr (T::halves) return true;
  largest = __hmax2(largest, __shfl_xor_sync(~0u, largest, 1));
  largest = __hmax2(largest, __shfl_xor_sync(~0u, largest, 2));
  return fmaxf(__low2float(largest), __high2float(largest)) >= warpgroup_least;
}

/// Scales the sums, adds the biases and writes what lies inside the image.
template <typename T>
__device__ __forceinline__ void store_sums(WarpgroupSums<T>& sums, const WarpgroupBlock<T>& b, int sample,
                                           int pass) {
  const WarpgroupArguments& a = b.a;
  using E = typename T::Element;
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  float check = 0;  // NaN where there is an Inf or a NaN
#pragma unroll
  for (int t = 0; t < T::tiles; ++t)
#pragma unroll
    for (int i = 0; i < T::columns / 2; ++i) {
      if constexpr (T::apart) sums.main[t][i] += sums.small[t][i];
      check = fmaf(sums.main[t][i], 0.f, check);
    }
  const int group = b.group(pass), first = b.channel(group);
  const float* mix = b.mix(group);
  const int pixel = b.pixel();
  // Asked of all lanes, those too that have met a NaN: lanes that wait for others in has_bits must all come.
  const bool enough = has_bits<T>(sums.largest);
  if (!__all_sync(~0u, check == 0 && enough)) {
    mix_plainly<T>(a, b.results(), b.gates(), mix, sample, pixel - b.lane / 4 * T::together, first, b.x0(),
                   b.y0());
    return;
  }
  const int x = b.x0() + pixel % T::TW, y = b.y0() + pixel / T::TW;
  if (x >= g.width || y >= g.height) return;
  const int column = b.lane % 4 * 2;
  const float* constants = mix + warpgroup_parts(T::element_bytes) * a.part_floats + column;
  E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride +
           static_cast<int64_t>(y) * g.width + x + (first + column) * p.output.channel_stride;
#pragma unroll
  for (int n = 0; n < T::columns / 8; ++n) {
    const float2 bias = *reinterpret_cast<const float2*>(constants + n * a.group_floats);
    const float2 scale = *reinterpret_cast<const float2*>(constants + n * a.group_floats + warpgroup_eight);
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      float v[T::together];
#pragma unroll
      for (int j = 0; j < T::together; ++j) {
        v[j] = fmaf(sums.main[j / 2][n * 4 + j % 2 * 2 + i], i == 0 ? scale.x : scale.y, i == 0 ? bias.x : bias.y);
        if (p.relu) v[j] = relu(v[j]);
      }
      if (first + n * 8 + column + i < p.channels)
      {
        E* to = out + (n * 8 + i) * p.output.channel_stride;
        if constexpr (T::boxes)
          store_pixels(to, v);
        else
          store_some(to, v, g.width - x);
      }
    }
  }
}

}  // namespace ablate::kernels::cuda
