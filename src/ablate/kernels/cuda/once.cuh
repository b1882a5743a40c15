#pragma once

// Depthwise convolution + bias + ReLU + global average pool + basis projection + gate in one launch, where all tiles of
// all samples fit on the chip at one time: a block has one tile, a thread four columns by OH rows of it, in registers
// from the convolution to the store. The tile's size is an argument: an image of 33 x 65 is 17 x 9 threads.
//
// The blocks of a sample tell one another the means of their planes (rendezvous.cuh), and each multiplies all of them
// with its channel's row of scale . basis: one word a block to be read, where the coefficients would be num_basis. No
// launch attribute makes
// the blocks run at one time. One that has waited long computes the missing means itself, in the same order and so to
// the same bits: each block can finish alone, whatever else the device is given to do.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/once.hpp"
#include "ablate/kernels/cuda/passed.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

/// OH: rows that a thread computes; Boxes: tiles come by the copy engine (sm_90), otherwise by cp.async; Passes: there
/// are passive channels to copy.
template <typename E_, int K_, int OH_, bool Boxes_, bool Passes_, int MostThreads_, int MinBlocks_>
struct OnceTraits {
  using Element = E_;
  static constexpr int K = K_, OH = OH_, most_threads = MostThreads_, min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, passes = Passes_;
  static constexpr int taps = padded_taps(K);
  static constexpr int margin = once_margin(sizeof(Element));
  static constexpr int most_warps = most_threads / 32, most_planes = most_threads / least_plane_threads;
};

/// What lies in static shared memory; the tile, its channels' rows and the means are dynamic.
template <typename T>
struct OnceShared {
  uint64_t full;                                               ///< the tile and the rows are there
  float sums[T::most_planes > T::most_warps ? T::most_planes : T::most_warps];  ///< [planes][warps of a plane]
  float2 found[T::most_warps];                                 ///< of the gate, by each warp
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

/// The words of this block's sample: [channels][tiles], and one where they are odd.
__device__ __forceinline__ unsigned long long* words_of(const OnceArguments& a) {
  return a.meeting.words + static_cast<int64_t>(blockIdx.y) * ((a.gate.active * a.tiling.tiles + 1) / 2 * 2);
}

/// That of a plane of a tile.
__device__ __forceinline__ unsigned long long* word_of(const OnceArguments& a, const OnceTile& tile, int plane) {
  return words_of(a) + (tile.channel + plane) * a.tiling.tiles + tile.number;
}

template <typename T>
__device__ __forceinline__ OncePlace place_in(const OnceArguments& a, const OnceTile& tile) {
  const OnceTiling& t = a.tiling;
  const int thread = threadIdx.x, plane = t.planes == 1 ? 0 : a.by_plane_threads.quotient(thread);
  const int index = thread - plane * t.plane_threads, row = a.by_columns.quotient(index);
  return {plane, index, (index - row * t.columns) * 4, row * T::OH, row < t.rows && plane < tile.channels};
}

/// Windows of the tile's channels by cp.async, a warp a row, zero outside the image; `rows` of their constants. Each
/// thread has waited for its part on return.
template <typename T>
__device__ __forceinline__ void load_tile(const OnceArguments& a, int sample, const OnceTile& tile,
                                          typename T::Element* to, float* rows) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int lane = threadIdx.x % 32, warps = (blockDim.x + 31) / 32;
  const int x = tile.x - T::margin, y = tile.y * t.rows * T::OH - T::K / 2;
  const E* planes = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                    tile.channel * g.source.channel_stride;
  const float* constants = g.gain_rows + static_cast<int64_t>(tile.channel) * row_floats_of(g);
  for (int i = threadIdx.x; i < tile.channels * row_floats_of(g) / 4; i += blockDim.x)
    copy_async<16>(rows + 4 * i, constants + 4 * i, true);
  general::wait_for_previous();
  for (int r = threadIdx.x / 32; r < tile.channels * t.in_height; r += warps) {
    const int plane = a.by_in_height.quotient(r), v = y + r - plane * t.in_height;
    const bool there = v >= 0 && v < g.height;
    const E* from = planes + plane * g.source.channel_stride + (there ? static_cast<int64_t>(v) * g.width : 0) + x;
    E* row = to + r * t.in_width;
    const auto inside = [&](int c) { return there && x + c >= 0 && x + c < g.width; };
    if (a.wide) {
      for (int c = 4 * lane; c < t.in_width; c += 128)
        copy_async<4 * sizeof(E)>(row + c, inside(c) ? from + c : planes, inside(c));
    } else if constexpr (sizeof(E) == 4) {
      for (int c = lane; c < t.in_width; c += 32) copy_async<4>(row + c, inside(c) ? from + c : planes, inside(c));
    } else {
      for (int c = lane; c < t.in_width; c += 32) row[c] = inside(c) ? from[c] : E(0.f);
    }
  }
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
  const uint32_t tile_bytes = t.planes * t.in_height * t.in_width * sizeof(typename T::Element);
  const uint32_t row_bytes = tile.channels * row_floats_of(a.gate) * 4;
  barrier_expect(full, tile_bytes + row_bytes);
  copy_row(rows, a.gate.gain_rows + static_cast<int64_t>(tile.channel) * row_floats_of(a.gate), row_bytes, full);
  general::wait_for_previous();
  copy_box(to, map, tile.x - T::margin, tile.y * t.rows * T::OH - T::K / 2, sample * a.planes + tile.channel, full);
}

/// From each thread's sum of its pixels: the mean of plane `threadIdx.x` of the tile, its pixels' part of it.
template <typename T>
__device__ __forceinline__ float mean_of(const OnceArguments& a, const OncePlace& place, float sum, float* sums) {
  const OnceTiling& t = a.tiling;
  const int together = min(t.plane_threads, 32), shares = t.plane_threads / together;
#pragma unroll
  for (int lanes = 16; lanes; lanes >>= 1) {
    const float other = __shfl_xor_sync(~0u, sum, lanes);
    if (lanes < together) sum += other;
  }
  if (place.index % together == 0 && place.plane < t.planes) sums[place.plane * shares + place.index / together] = sum;
  __syncthreads();
  float total = 0;
  for (int i = 0; threadIdx.x < t.planes && i < shares; ++i) total += sums[threadIdx.x * shares + i];
  return total * a.inverse_area;
}

/// Convolution, bias and ReLU of the thread's pixels, and their sum.
template <typename T>
__device__ __forceinline__ float convolve_tile(const OnceArguments& a, const OnceTile& tile, const OncePlace& place,
                                               const typename T::Element* input, const float* rows,
                                               float (&values)[T::OH][4]) {
  const OnceTiling& t = a.tiling;
  const auto* first = input + (place.plane * t.in_height + place.row) * t.in_width + place.column + T::margin - 4;
  convolve<T::K, T::OH>(first, t.in_width, rows + place.plane * row_floats_of(a.gate), values);
  return rectify(values, tile.x + place.column, tile.y * t.rows * T::OH + place.row, a.gate.height, a.gate.width);
}

/// The same sum from memory, pixel by pixel: the operations in the same order, in few registers.
template <typename T>
__device__ __forceinline__ float sum_plainly(const OnceArguments& a, int sample, const OnceTile& tile,
                                             const OncePlace& place) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const int channel = tile.channel + place.plane;
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  const E* plane = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride + channel * g.source.channel_stride;
  const float* taps = g.gain_rows + static_cast<int64_t>(channel) * row_floats_of(g);
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

/// Publishes what is missing, whoever's it is: its block may not run before this one ends.
template <typename T>
__device__ __forceinline__ void stand_in(const OnceArguments& a, int sample, unsigned epoch, float* sums) {
#pragma unroll 1
  for (int block = 0; block < a.blocks; ++block) {
    const OnceTile tile = tile_of(a, block);
    const bool tells = threadIdx.x < tile.channels;
    auto* word = word_of(a, tile, tells ? threadIdx.x : 0);
    if (!__syncthreads_or(tells && !arrived(load_whole(word), epoch))) continue;
    const OncePlace place = place_in<T>(a, tile);
    const float mean = mean_of<T>(a, place, place.works ? sum_plainly<T>(a, sample, tile, place) : 0.f, sums);
    if (tells) publish(word, mean, epoch);
    __syncthreads();
  }
}

/// Scale and shift of the block's channel, each thread's own words times the gains, added up. `gains` is the
/// channel's row; so much of it is for the scale.
template <typename T>
__device__ __forceinline__ float2 meet_for_one(const OnceArguments& a, int sample, unsigned epoch, const float* gains,
                                               OnceShared<T>& shared) {
  const DepthwiseGate& g = a.gate;
  const float* offsets = gains + g.gain_floats;
  float2 gate{0, 0};
  const auto add = [&](int word, float mean) {
    const int channel = a.by_tiles.quotient(word);
    gate.x = fmaf(mean, gains[channel], gate.x);
    if (g.shifts) gate.y = fmaf(mean, offsets[channel], gate.y);
  };
  const auto meet = [&] {
    gate = {0, 0};
    const bool complete = gather_each(words_of(a), g.active * a.tiling.tiles, epoch, threadIdx.x, blockDim.x, a.patience, add);
    gate.x = sum_of_warp(gate.x);
    if (g.shifts) gate.y = sum_of_warp(gate.y);
    if (threadIdx.x % 32 == 0) shared.found[threadIdx.x / 32] = gate;
    return complete;
  };
  while (!__syncthreads_and(meet())) stand_in<T>(a, sample, epoch, shared.sums);
  gate = {0, 0};
  for (int w = 0; w < blockDim.x / 32; ++w) gate.x += shared.found[w].x, gate.y += shared.found[w].y;
  return gate;
}

/// The same of several channels, whose planes are whole tiles: the means through shared memory.
template <typename T>
__device__ __forceinline__ float2 meet_for_all(const OnceArguments& a, int sample, unsigned epoch, const OncePlace& place,
                                               const float* rows, float* means, OnceShared<T>& shared) {
  const DepthwiseGate& g = a.gate;
  const auto meet = [&] {
    return a.blocks == 1 || gather_each(words_of(a), g.active, epoch, threadIdx.x, blockDim.x, a.patience,
                                        [&](int word, float mean) { means[word] = mean; });
  };
  while (!__syncthreads_and(meet())) stand_in<T>(a, sample, epoch, shared.sums);
  const int together = min(a.tiling.plane_threads, 32);
  const float* gains = rows + min(place.plane, a.tiling.planes - 1) * row_floats_of(g) + T::taps;
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
  return gate;
}

/// This block's share of the passive channels, whatever their number: each plane in as many parts as it has tiles.
template <typename E>
__device__ __forceinline__ void copy_share(const OnceArguments& a, int sample) {
  const DepthwiseGate& g = a.gate;
  const int tiles = a.tiling.tiles, area = g.height * g.width, part_size = (area + tiles - 1) / tiles;
  for (int item = blockIdx.x; item < g.passive * tiles; item += a.blocks) {
    const int channel = a.by_tiles.quotient(item), begin = (item - channel * tiles) * part_size;
    const E* in = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + channel * g.passed.channel_stride;
    E* out = static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride +
             channel * g.passive_out.channel_stride;
    const int end = min(area, begin + part_size);
#pragma unroll 4
    for (int i = begin + threadIdx.x; i < end; i += blockDim.x) out[i] = in[i];
  }
}

/// Rows that are whole vectors: straight from the registers.
template <typename T>
__device__ __forceinline__ void write_vectors(const OnceArguments& a, typename T::Element* out, int x, int y,
                                              float2 gate, const float (&values)[T::OH][4]) {
  const DepthwiseGate& g = a.gate;
#pragma unroll
  for (int o = 0; o < T::OH; ++o)
    if (y + o < g.height && x < g.width)
      store4<true>(out + o * g.width,
                   make_float4(fmaf(values[o][0], gate.x, gate.y), fmaf(values[o][1], gate.x, gate.y),
                               fmaf(values[o][2], gate.x, gate.y), fmaf(values[o][3], gate.x, gate.y)));
}

/// Other rows: laid beside each other in shared memory, as they lie in memory, and written in that order. By all
/// threads; `staged` has room for the tile. A tile is as wide as the image here.
template <typename T>
__device__ __forceinline__ void write_rows(const OnceArguments& a, const OnceTile& tile, const OncePlace& place,
                                           typename T::Element* planes, typename T::Element* staged, float2 gate,
                                           const float (&values)[T::OH][4]) {
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int top = tile.y * t.rows * T::OH, lines = min(t.rows * T::OH, g.height - top), count = lines * g.width;
  auto* plane = staged + place.plane * count;
  __syncthreads();  // the tile is read
  if (place.works) {
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (place.row + o < lines && place.column + j < g.width)
          store1(plane + (place.row + o) * g.width + place.column + j, fmaf(values[o][j], gate.x, gate.y));
  }
  __syncthreads();
  if (place.plane >= tile.channels) return;
  auto* out = planes + place.plane * g.active_out.channel_stride + static_cast<int64_t>(top) * g.width;
#pragma unroll 4
  for (int i = place.index; i < count; i += t.plane_threads) out[i] = plane[i];
}

/// One by one: rows that are no whole vectors in tiles narrower than the image.
template <typename T>
__device__ __forceinline__ void write_singly(const OnceArguments& a, typename T::Element* out, int x, int y,
                                             float2 gate, const float (&values)[T::OH][4]) {
  const DepthwiseGate& g = a.gate;
#pragma unroll
  for (int o = 0; o < T::OH; ++o)
#pragma unroll
    for (int j = 0; j < 4; ++j)
      if (y + o < g.height && x + j < g.width) store1(out + o * g.width + j, fmaf(values[o][j], gate.x, gate.y));
}

template <typename T>
__device__ __forceinline__ void write_tile(const OnceArguments& a, int sample, const OnceTile& tile,
                                           const OncePlace& place, typename T::Element* staged, float2 gate,
                                           const float (&values)[T::OH][4]) {
  const DepthwiseGate& g = a.gate;
  auto* planes = static_cast<typename T::Element*>(g.active_out.data) + sample * g.active_out.sample_stride +
                 tile.channel * g.active_out.channel_stride;
  if (!a.wide && a.tiling.tiles_x == 1) return write_rows<T>(a, tile, place, planes, staged, gate, values);
  if (!place.works) return;
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  auto* out = planes + place.plane * g.active_out.channel_stride + static_cast<int64_t>(y) * g.width + x;
  if (a.wide)
    write_vectors<T>(a, out, x, y, gate, values);
  else
    write_singly<T>(a, out, x, y, gate, values);
}

template <typename T>
__global__ void __launch_bounds__(T::most_threads, T::min_blocks)
    once(const __grid_constant__ CUtensorMap map, const __grid_constant__ OnceArguments a) {
  using E = typename T::Element;
  auto& shared = general::block_shared<OnceShared<T>>();
  const DepthwiseGate& g = a.gate;
  const int sample = a.first_sample + blockIdx.y;
  E* const input = reinterpret_cast<E*>(general::shared_memory());
  const OnceTile tile = tile_of(a, blockIdx.x);
  float* const rows = reinterpret_cast<float*>(general::shared_memory() + once_tile_bytes(a.tiling, sizeof(E)));

  if (T::boxes && threadIdx.x == 0) ask_for_tile<T>(a, &map, sample, tile, input, rows, &shared.full);
  general::wait_for_previous();
  unsigned* const own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *static_cast<volatile unsigned*>(own_epoch) + 1;
  const OncePlace place = place_in<T>(a, tile);
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  const bool carries = T::passes && a.paired && place.works;
  Carried<E> carried[T::OH];
  if (carries) pick_up(g, sample, tile.channel + place.plane, x, y, carried);
  if (!T::boxes) load_tile<T>(a, sample, tile, input, rows);
  __syncthreads();
  if (T::boxes) barrier_wait(&shared.full, 0);

  float values[T::OH][4];
  const float sum = place.works ? convolve_tile<T>(a, tile, place, input, rows, values) : 0.f;
  float* const means = rows + a.tiling.planes * row_floats_of(g);
  if (g.gain_floats > 0) {
    const float mean = mean_of<T>(a, place, sum, shared.sums);
    if (threadIdx.x < tile.channels) {
      if (a.blocks > 1)
        publish(word_of(a, tile, threadIdx.x), mean, epoch);
      else
        means[threadIdx.x] = mean;
    }
  }
  if (carries) put_down<true>(g, sample, tile.channel + place.plane, x, y, carried);
  if (T::passes && !a.paired) copy_share<E>(a, sample);

  float2 gate{1, 0};
  if (g.gain_floats > 0) {
    gate = a.blocks > 1 && a.tiling.planes == 1 ? meet_for_one<T>(a, sample, epoch, rows + T::taps, shared)
                                                : meet_for_all<T>(a, sample, epoch, place, rows, means, shared);
    gate.x = sigmoid(gate.x);
  }
  write_tile<T>(a, sample, tile, place, input, gate, values);
  if (threadIdx.x == 0) *static_cast<volatile unsigned*>(own_epoch) = epoch;
}

}  // namespace ablate::kernels::cuda
