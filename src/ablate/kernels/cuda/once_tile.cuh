#pragma once

// A block's tile in the kernel `once`: which it is, how it comes into shared memory, its convolution.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/once.hpp"

#include <climits>

namespace ablate::kernels::cuda {

/// OH: rows that a thread computes; Boxes: tiles come by the copy engine (sm_90), otherwise by the threads;
/// Passes: there are passive channels to copy.
template <typename E_, int K_, int OH_, bool Boxes_, bool Passes_, int MostThreads_, int MinBlocks_>
struct OnceTraits {
  using Element = E_;
  static constexpr int K = K_, OH = OH_, most_threads = MostThreads_, min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, passes = Passes_;
  static constexpr bool stages = sizeof(E_) == 4 && !Boxes_;  ///< results as float have room in the tile's place
  /// Told to the compiler, so that loading takes no more registers than the convolution does: 80, or 96.
  static constexpr int bound_threads = boxes || OH > 4       ? most_threads
                                       : OH == 4 && passes ? most_threads * 5 / 4
                                                           : most_threads * 23 / 16;
  static constexpr int taps = padded_taps(K);
  static constexpr int margin = once_margin(sizeof(Element));
  static constexpr int most_warps = most_threads / 32;
  static constexpr int most_sums = most_threads / least_plane_threads;
};

/// What lies in static shared memory; the tile, its channels' rows and the means are dynamic.
template <typename T>
struct OnceShared {
  uint64_t full;                ///< the tile and the rows are there
  float sums[T::most_sums];     ///< [planes][parts of a plane, a warp's each]
  float2 found[T::most_warps];  ///< of the gate, by each warp
};

/// A block's tile, and this thread's place in it.
struct OnceTile {
  int channel, channels;  ///< the first, and how many
  int number;             ///< of the tile in its plane
  int x, y;               ///< in pixels; in tiles
};
struct OncePlace {
  int plane, index;  ///< channel of the block; number among its threads
  int column, row;   ///< the first of the thread's, in the tile
  bool works;
};

__device__ __forceinline__ OnceTile tile_of(const OnceArguments& a, int block) {
  const OnceTiling& t = a.tiling;
  const int group = a.by_tiles.quotient(block), tile = block - group * t.tiles;
  const int y = a.by_tiles_x.quotient(tile);
  const int channel = group * t.planes;
  return {channel, min(t.planes, a.gate.active - channel), tile, (tile - y * t.tiles_x) * t.columns * 4, y};
}

template <typename T>
__device__ __forceinline__ OncePlace place_in(const OnceArguments& a, const OnceTile& tile) {
  const OnceTiling& t = a.tiling;
  const int thread = threadIdx.x, plane = t.planes == 1 ? 0 : a.by_plane_threads.quotient(thread);
  const int index = thread - plane * t.plane_threads, row = a.by_columns.quotient(index);
  return {plane, index, (index - row * t.columns) * 4, row * T::OH, row < t.rows && plane < tile.channels};
}

/// Windows of the tile's channels from (x, y) of `planes`, zero outside the image, by vectors of four.
template <typename E>
__device__ __forceinline__ void load_windows(const OnceArguments& a, const OnceTile& tile, const E* planes,
                                             int x, int y, E* to) {
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int in_row = t.in_width / 4, count = tile.channels * t.in_height * in_row;
#pragma unroll 4
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    const int row = a.by_in_row.quotient(i), plane = a.by_in_height.quotient(row);
    const int u = x + (i - row * in_row) * 4, v = y + row - plane * t.in_height;
    const bool inside = v >= 0 && v < g.height && u >= 0 && u < g.width;
    const E* from =
        planes + (inside ? plane * g.source.channel_stride + static_cast<int64_t>(v) * g.width + u : 0);
    copy_async<4 * sizeof(E)>(to + i * 4, from, inside);
  }
}

/// The same where rows are no whole vectors: what lies inside the image, one by one in the order of memory,
/// by way of registers, many on their way at one time. The rest is zeroed while they come. Plain: one
/// channel's rows, as wide as the image, which lie beside each other in memory.
template <bool Plain, typename E>
__device__ __forceinline__ void load_elements(const OnceArguments& a, const OnceTile& tile, const E* planes,
                                              int x, int y, E* to) {
  constexpr int group = 4, groups = 4;  // loads, and groups of them, on their way at one time
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int left = t.tiles_x == 1 ? 0 : x, top = max(y, 0), lines = min(y + t.in_height, g.height) - top;
  const int all = tile.channels * lines * a.loaded, threads = blockDim.x;
  const E* from = general::kept(planes + static_cast<int64_t>(top) * g.width + left);
  E* first = to + (top - y) * t.in_width + left - x;
  const HeldDivisor by_line(a.by_in_row);
  const int margins = general::kept(t.in_width - a.loaded);
  bool zeroed = false;
#pragma unroll 1
  for (int begin = threadIdx.x, rest = all; rest > 0; begin += groups * group * threads) {
    E values[groups * group];
    int places[groups * group];
    // Only the last group of all has threads without an element.
#pragma unroll
    for (int k = 0; k < groups; ++k) {
      if (k * group * threads >= rest) break;
#pragma unroll
      for (int b = k * group; b < (k + 1) * group; ++b) {
        const int i = begin + b * threads, line = by_line.quotient(i);
        int offset = i, place = i + line * margins;
        bool inside = i < all;
        if constexpr (!Plain) {
          const int plane = a.by_in_height.quotient(line), column = left + i - line * a.loaded;
          offset += plane * a.source_gap + line * (g.width - a.loaded);
          if (t.planes > 1) place += plane * (t.in_height - g.height) * t.in_width;
          inside = inside && column >= 0 && column < g.width;
        }
        places[b] = inside ? place : INT_MIN;
        if (inside) values[b] = from[offset];
      }
    }
    if (!zeroed) {
      for (int i = threadIdx.x; i < once_tile_bytes(t, sizeof(E)) / 16; i += threads)
        reinterpret_cast<uint4*>(to)[i] = uint4{};
      __syncthreads();
      zeroed = true;
    }
#pragma unroll
    for (int k = 0; k < groups; ++k) {
      if (k * group * threads >= rest) break;
#pragma unroll
      for (int b = k * group; b < (k + 1) * group; ++b)
        if (places[b] != INT_MIN) first[places[b]] = values[b];
    }
    rest -= groups * group * threads;
  }
}

/// Asks for the constants of the tile's channels, by the threads.
__device__ __forceinline__ void ask_for_constants(const OnceArguments& a, const OnceTile& tile, float* rows) {
  const float* constants = a.gate.gain_rows + static_cast<int64_t>(tile.channel) * a.row_floats;
  for (int i = threadIdx.x; i < tile.channels * a.row_floats / 4; i += blockDim.x)
    copy_async<16>(rows + 4 * i, constants + 4 * i, true);
}

/// The tile by the threads. Each has waited for its part, and for its part of the constants, on return.
template <typename T>
__device__ __forceinline__ void load_tile(const OnceArguments& a, int sample, const OnceTile& tile,
                                          typename T::Element* to) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int x = tile.x - T::margin, y = tile.y * t.rows * T::OH - T::K / 2;
  const E* planes = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                    tile.channel * g.source.channel_stride;
  if (a.wide)
    load_windows(a, tile, planes, x, y, to);
  else if (t.planes == 1 && t.tiles_x == 1)
    load_elements<true>(a, tile, planes, x, y, to);
  else
    load_elements<false>(a, tile, planes, x, y, to);
  general::close_copy_group();
  general::wait_for_copies<0>();
}

/// The same by the copy engine, asked for by one thread.
template <typename T>
__device__ __forceinline__ void ask_for_tile(const OnceArguments& a, const CUtensorMap* map, int sample,
                                             const OnceTile& tile, void* to, float* rows, uint64_t* full) {
  const OnceTiling& t = a.tiling;
  barrier_init(full, 1);
  fence_barrier_init();
  const uint32_t row_bytes = tile.channels * a.row_floats * 4;
  barrier_expect(full, a.box_bytes + row_bytes);
  copy_row(rows, a.gain_rows + static_cast<int64_t>(tile.channel) * a.row_floats, row_bytes, full);
  general::wait_for_previous();
  copy_box(to, map, tile.x - T::margin, tile.y * t.rows * T::OH - T::K / 2, sample * a.planes + tile.channel,
           full);
}

/// Convolution, bias and ReLU of the thread's pixels, and their sum.
template <typename T>
__device__ __forceinline__ float convolve_tile(const OnceArguments& a, const OnceTile& tile,
                                               const OncePlace& place, const typename T::Element* input,
                                               const float* rows, float (&values)[T::OH][4]) {
  const OnceTiling& t = a.tiling;
  const auto* first =
      input + (place.plane * t.in_height + place.row) * t.in_width + place.column + T::margin - 4;
  const float* taps = rows + place.plane * a.row_floats;
  if constexpr (T::OH == 1)
    convolve_row<T::K>(first, t.in_width, taps, values);
  else
    convolve<T::K, T::OH>(first, t.in_width, taps, values);
  return rectify(values, tile.x + place.column, tile.y * t.rows * T::OH + place.row, a.gate.height,
                 a.gate.width);
}

/// The same sum from memory, pixel by pixel: the operations in the same order, in few registers.
template <typename T>
__device__ __forceinline__ float sum_plainly(const OnceArguments& a, int sample, const OnceTile& tile,
                                             const OncePlace& place) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const int channel = tile.channel + place.plane;
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  const E* plane = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                   channel * g.source.channel_stride;
  const float* taps = g.gain_rows + static_cast<int64_t>(channel) * a.row_floats;
  const auto at = [&](int v, int u) {
    const bool inside = v >= 0 && v < g.height && u >= 0 && u < g.width;
    return inside ? static_cast<float>(plane[static_cast<int64_t>(v) * g.width + u]) : 0.f;
  };
  const bool whole = x + 4 <= g.width && y + T::OH <= g.height;
  float sum = 0;
#pragma unroll 1
  for (int o = 0; o < T::OH; ++o) {
    const float bias = taps[T::K * T::K];
    float v[4] = {bias, bias, bias, bias};
#pragma unroll 1
    for (int i = 0; i < T::K * T::K; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        v[j] = fmaf(at(y + o + i / T::K - T::K / 2, x + j + i % T::K - T::K / 2), taps[i], v[j]);
#pragma unroll
    for (int j = 0; j < 4; ++j) v[j] = relu(v[j]);
    if (whole) sum += (v[0] + v[1]) + (v[2] + v[3]);
#pragma unroll
    for (int j = 0; j < 4; ++j)
      if (!whole && x + j < g.width && y + o < g.height) sum += v[j];
  }
  return sum;
}

}  // namespace ablate::kernels::cuda
