#pragma once

// Depthwise convolution + bias + ReLU + global average pool + basis projection + gate in one launch, where
// all tiles of all samples fit on the chip at one time: a block has one tile, a thread four columns by OH
// rows of it, in registers from the convolution to the store. The tile's size is an argument: an image of 33
// x 65 is 17 x 9 threads.
//
// The blocks of a sample tell one another the means of their planes (rendezvous.cuh), and each multiplies all
// of them with its channel's row of scale . basis: one word a block to be read, where the coefficients would
// be num_basis. No launch attribute makes the blocks run at one time. One that has waited long computes the
// missing means itself, in the same order and so to the same bits: each block can finish alone, whatever else
// the device is given to do.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/once.hpp"
#include "ablate/kernels/cuda/passed.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

/// OH: rows that a thread computes; Boxes: tiles come by the copy engine (sm_90), otherwise by cp.async;
/// Passes: there are passive channels to copy.
template <typename E_, int K_, int OH_, bool Boxes_, bool Passes_, int MostThreads_, int MinBlocks_>
struct OnceTraits {
  using Element = E_;
  static constexpr int K = K_, OH = OH_, most_threads = MostThreads_, min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, passes = Passes_;
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

template <typename T>
__device__ __forceinline__ OncePlace place_in(const OnceArguments& a, const OnceTile& tile) {
  const OnceTiling& t = a.tiling;
  const int thread = threadIdx.x, plane = t.planes == 1 ? 0 : a.by_plane_threads.quotient(thread);
  const int index = thread - plane * t.plane_threads, row = a.by_columns.quotient(index);
  return {plane, index, (index - row * t.columns) * 4, row * T::OH, row < t.rows && plane < tile.channels};
}

/// Windows of the tile's channels from (x, y) of `planes`, zero outside the image, so many bytes at a time.
template <int Bytes, typename E>
__device__ __forceinline__ void load_windows(const OnceArguments& a, const OnceTile& tile, const E* planes,
                                             int x, int y, E* to) {
  constexpr int vector = Bytes / sizeof(E);
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int in_row = t.in_width / vector, count = tile.channels * t.in_height * in_row;
#pragma unroll 4
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    const int row = a.by_in_row.quotient(i), plane = a.by_in_height.quotient(row);
    const int u = x + (i - row * in_row) * vector, v = y + row - plane * t.in_height;
    const bool inside = v >= 0 && v < g.height && u >= 0 && u < g.width;
    const E* from =
        planes + (inside ? plane * g.source.channel_stride + static_cast<int64_t>(v) * g.width + u : 0);
    if constexpr (Bytes >= 4)
      copy_async<Bytes>(to + i * vector, from, inside);
    else
      to[i] = inside ? *from : E(0.f);
  }
}

/// The tile by cp.async, and `rows` of its channels' constants. Each thread has waited for its part on
/// return.
template <typename T>
__device__ __forceinline__ void load_tile(const OnceArguments& a, int sample, const OnceTile& tile,
                                          typename T::Element* to, float* rows) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int x = tile.x - T::margin, y = tile.y * t.rows * T::OH - T::K / 2;
  const E* planes = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                    tile.channel * g.source.channel_stride;
  const float* constants = g.gain_rows + static_cast<int64_t>(tile.channel) * a.row_floats;
  for (int i = threadIdx.x; i < tile.channels * a.row_floats / 4; i += blockDim.x)
    copy_async<16>(rows + 4 * i, constants + 4 * i, true);
  general::wait_for_previous();
  if (a.wide)
    load_windows<4 * sizeof(E)>(a, tile, planes, x, y, to);
  else
    load_windows<sizeof(E)>(a, tile, planes, x, y, to);
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

/// Convolution, bias and ReLU of the thread's pixels, and their sum.
template <typename T>
__device__ __forceinline__ float convolve_tile(const OnceArguments& a, const OnceTile& tile,
                                               const OncePlace& place, const typename T::Element* input,
                                               const float* rows, float (&values)[T::OH][4]) {
  const OnceTiling& t = a.tiling;
  const auto* first =
      input + (place.plane * t.in_height + place.row) * t.in_width + place.column + T::margin - 4;
  convolve<T::K, T::OH>(first, t.in_width, rows + place.plane * a.row_floats, values);
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

/// This block's share of the passive channels, whatever their number: each plane in as many parts as it has
/// tiles.
template <typename E>
__device__ __forceinline__ void copy_share(const OnceArguments& a, int sample) {
  const DepthwiseGate& g = a.gate;
  const int tiles = a.tiling.tiles, area = g.height * g.width, part_size = (area + tiles - 1) / tiles;
  for (int item = blockIdx.x; item < g.passive * tiles; item += a.blocks) {
    const int channel = a.by_tiles.quotient(item), begin = (item - channel * tiles) * part_size;
    const E* in = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride +
                  channel * g.passed.channel_stride;
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

/// Other rows: laid beside each other in shared memory, as they lie in memory, and written in that order. By
/// all threads; `staged` has room for the tile. A tile is as wide as the image here.
template <typename T>
__device__ __forceinline__ void write_rows(const OnceArguments& a, const OnceTile& tile,
                                           const OncePlace& place, typename T::Element* planes,
                                           typename T::Element* staged, float2 gate,
                                           const float (&values)[T::OH][4]) {
  const DepthwiseGate& g = a.gate;
  const OnceTiling& t = a.tiling;
  const int top = tile.y * t.rows * T::OH, lines = min(t.rows * T::OH, g.height - top),
            count = lines * g.width;
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
      if (y + o < g.height && x + j < g.width)
        store1(out + o * g.width + j, fmaf(values[o][j], gate.x, gate.y));
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
  ABLATE_DYNAMIC_SHARED(dynamic);
  ABLATE_STATIC_SHARED(OnceShared<T>, shared);
  const DepthwiseGate& g = a.gate;
  const int sample = a.first_sample + blockIdx.y;
  E* const input = reinterpret_cast<E*>(dynamic);
  const OnceTile tile = tile_of(a, blockIdx.x);
  float* const rows = reinterpret_cast<float*>(dynamic + once_tile_bytes(a.tiling, sizeof(E)));

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
  float* const means = rows + a.tiling.planes * a.row_floats;
  if (g.gain_floats > 0) {
    const float mean = mean_of<T>(a, place, sum, shared.sums);
    if (a.blocks > 1)
      publish_mean(a, tile, mean, epoch);
    else if (threadIdx.x < tile.channels)
      means[threadIdx.x] = mean;
  }
  if (carries) put_down<true>(g, sample, tile.channel + place.plane, x, y, carried);
  if (T::passes && !a.paired) copy_share<E>(a, sample);

  float2 gate{1, 0};
  if (g.gain_floats > 0) {
    gate = a.blocks > 1 && a.tiling.planes == 1
               ? meet_for_one<T>(a, sample, epoch, tile.channel, rows + T::taps, shared)
               : meet_for_all<T>(a, sample, epoch, tile, place, rows, means, shared);
    gate.x = sigmoid(gate.x);
  }
  write_tile<T>(a, sample, tile, place, input, gate, values);
  if (threadIdx.x == 0) *static_cast<volatile unsigned*>(own_epoch) = epoch;
}

}  // namespace ablate::kernels::cuda
