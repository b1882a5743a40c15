#pragma once

// How the blocks of the kernel `once` tell one another their means, and each makes its gate of all of them.

#include "ablate/kernels/cuda/once_tile.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

/// A copy of the words of this block's sample: [channels][tiles] of word_stride each.
__device__ __forceinline__ unsigned long long* words_of(const OnceArguments& a, int copy) {
  const int64_t size = static_cast<int64_t>(a.gate.active) * a.tiling.tiles * word_stride;
  return a.meeting.words + (static_cast<int64_t>(blockIdx.y) * word_copies + copy) * size;
}

/// Where among them that of a plane of a tile stands.
__device__ __forceinline__ int word_of(const OnceArguments& a, const OnceTile& tile, int plane) {
  return ((tile.channel + plane) * a.tiling.tiles + tile.number) * word_stride;
}

/// What mean_of found, by those that have it.
__device__ __forceinline__ void publish_mean(const OnceArguments& a, const OnceTile& tile, float mean,
                                             unsigned epoch) {
  if (a.tiling.planes == 1) {
    if (threadIdx.x < word_copies) publish(words_of(a, threadIdx.x) + word_of(a, tile, 0), mean, epoch);
  } else if (threadIdx.x < tile.channels) {
#pragma unroll
    for (int copy = 0; copy < word_copies; ++copy)
      publish(words_of(a, copy) + word_of(a, tile, threadIdx.x), mean, epoch);
  }
}

/// Waits for all means of the sample and calls use(number of the tile among all channels', mean) for this
/// thread's; see gather_each.
template <typename Use>
__device__ __forceinline__ bool gather_means(const OnceArguments& a, unsigned epoch, Use&& use) {
  return gather_each<1, word_stride>(words_of(a, copy_read()), a.gate.active * a.tiling.tiles, epoch,
                                     threadIdx.x, blockDim.x, a.patience, use);
}

/// From each thread's sum of its pixels: the tile's part of the mean of a plane, which is the only one, or
/// number `threadIdx.x` of several.
template <typename T>
__device__ __forceinline__ float mean_of(const OnceArguments& a, const OncePlace& place, float sum,
                                         float* sums) {
  const int together = 1 << a.together_log2, planes = a.tiling.planes;
#pragma unroll
  for (int lanes = 16; lanes; lanes >>= 1) {
    const float other = __shfl_xor_sync(~0u, sum, lanes);
    if (lanes < together) sum += other;
  }
  if ((place.index & (together - 1)) == 0 && place.plane < planes)
    sums[place.plane * a.shares + (place.index >> a.together_log2)] = sum;
  __syncthreads();
  const int plane = planes == 1 ? 0 : threadIdx.x;
  float total = 0;
#pragma unroll
  for (int i = 0; i < T::most_warps; ++i)
    if (plane < planes && i < a.shares) total += sums[plane * a.shares + i];
  return total * a.inverse_area;
}

/// Publishes what is missing, whoever's it is: its block may not run before this one ends.
template <typename T>
__device__ __forceinline__ void stand_in(const OnceArguments& a, int sample, unsigned epoch, float* sums) {
#pragma unroll 1
  for (int block = 0; block < a.blocks; ++block) {
    const OnceTile tile = tile_of(a, block);
    const auto* word = words_of(a, copy_read()) + word_of(a, tile, min(threadIdx.x, tile.channels - 1));
    if (!__syncthreads_or(!arrived(peek(word), epoch))) continue;
    const OncePlace place = place_in<T>(a, tile);
    const float mean = mean_of<T>(a, place, place.works ? sum_plainly<T>(a, sample, tile, place) : 0.f, sums);
    publish_mean(a, tile, mean, epoch);
    __syncthreads();
  }
}

/// Scale and shift of a channel by way of the coefficients, as the deployed form has them: a mean that is
/// infinite, or no number, leaves the same there as it does here. mean(i) is the tile's with number i among
/// all channels', `tiles` a channel.
template <typename Mean>
__device__ __noinline__ float2 gate_by_coefficients(const DepthwiseGate& g, int channel, int tiles,
                                                    Mean mean) {
  float2 gate{0, 0};
#pragma unroll 1
  for (int k = 0; k < g.basis_width; ++k) {
    float coefficient = 0;
#pragma unroll 1
    for (int other = 0; other < g.active; ++other)
#pragma unroll 1
      for (int i = 0; i < tiles; ++i)
        coefficient = fmaf(mean(other * tiles + i), g.basis[other * g.basis_width + k], coefficient);
    gate.x = fmaf(coefficient, g.scale[channel * g.basis_width + k], gate.x);
    if (g.shifts) gate.y = fmaf(coefficient, g.shift[channel * g.basis_width + k], gate.y);
  }
  return gate;
}

__device__ __forceinline__ bool finite(float2 v) { return isfinite(v.x) && isfinite(v.y); }

/// Scale and shift of the block's channel, each thread's own words times the gains, added up. `gains` is the
/// channel's row; so much of it is for the scale.
template <typename T>
__device__ __forceinline__ float2 meet_for_one(const OnceArguments& a, int sample, unsigned epoch,
                                               int channel, const float* gains, OnceShared<T>& shared) {
  const DepthwiseGate& g = a.gate;
  const float* offsets = gains + g.gain_floats;
  float2 gate{0, 0};
  const auto add = [&](int word, float mean) {
    const int other = a.by_tiles.quotient(word);
    gate.x = fmaf(mean, gains[other], gate.x);
    if (g.shifts) gate.y = fmaf(mean, offsets[other], gate.y);
  };
  const auto meet = [&] {
    gate = {0, 0};
    const bool complete = gather_means(a, epoch, add);
    gate.x = sum_of_warp(gate.x);
    if (g.shifts) gate.y = sum_of_warp(gate.y);
    if (threadIdx.x % 32 == 0) shared.found[threadIdx.x / 32] = gate;
    return complete;
  };
  while (!__syncthreads_and(meet())) stand_in<T>(a, sample, epoch, shared.sums);
  gate = {0, 0};
#pragma unroll
  for (int w = 0; w < T::most_warps; ++w)
    if (w < blockDim.x / 32) gate.x += shared.found[w].x, gate.y += shared.found[w].y;
  if (finite(gate)) return gate;
  const auto* words = words_of(a, copy_read());
  return gate_by_coefficients(g, channel, a.tiling.tiles,
                              [=](int i) { return value_of(peek(words + i * word_stride)); });
}

/// The same of several channels, whose planes are whole tiles: the means through shared memory.
template <typename T>
__device__ __forceinline__ float2 meet_for_all(const OnceArguments& a, int sample, unsigned epoch,
                                               const OnceTile& tile, const OncePlace& place,
                                               const float* rows, float* means, OnceShared<T>& shared) {
  const DepthwiseGate& g = a.gate;
  const auto meet = [&] {
    return a.blocks == 1 || gather_means(a, epoch, [&](int channel, float mean) { means[channel] = mean; });
  };
  while (!__syncthreads_and(meet())) stand_in<T>(a, sample, epoch, shared.sums);
  const int together = 1 << a.together_log2;
  const float* gains = rows + min(place.plane, a.tiling.planes - 1) * a.row_floats + T::taps;
  const float* offsets = gains + g.gain_floats;
  float2 gate{0, 0};
  for (int channel = place.index % together; channel < g.active; channel += together) {
    gate.x = fmaf(means[channel], gains[channel], gate.x);
    if (g.shifts) gate.y = fmaf(means[channel], offsets[channel], gate.y);
  }
#pragma unroll
  for (int lanes = 16; lanes; lanes >>= 1) {
    const float x = __shfl_xor_sync(~0u, gate.x, lanes), y = __shfl_xor_sync(~0u, gate.y, lanes);
    if (lanes < together) gate.x += x, gate.y += y;
  }
  if (finite(gate)) return gate;
  return gate_by_coefficients(g, tile.channel + min(place.plane, tile.channels - 1), 1,
                              [=](int i) { return means[i]; });
}

}  // namespace ablate::kernels::cuda
