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

#include "ablate/kernels/cuda/once_meeting.cuh"
#include "ablate/kernels/cuda/passed.cuh"

namespace ablate::kernels::cuda {

/// The passive channels' part of this block where tiles carry none along.
template <typename E, typename V>
__device__ __forceinline__ Passage<V> share_of(const OnceArguments& a, int sample) {
  constexpr int size = sizeof(V) / sizeof(E);
  const DepthwiseGate& g = a.gate;
  const int64_t area = static_cast<int64_t>(g.height) * g.width;
  const int begin = blockIdx.x * a.share;
  return {reinterpret_cast<const V*>(static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride),
          reinterpret_cast<V*>(static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride),
          (g.passed.channel_stride - area) / size,
          (g.passive_out.channel_stride - area) / size,
          a.by_passing,
          begin,
          min(begin + a.share, a.passing)};
}

/// Single elements where tiles would carry vectors: as many as there are registers for.
template <typename E, int OH>
struct CarriedElements {
  using One = std::conditional_t<sizeof(E) == 4, uint32_t, uint16_t>;
  static constexpr int words = sizeof(Carried<E>) / 4, count = OH * words < 16 ? OH * words : 16;
  One some[count];

  __device__ __forceinline__ void pack(Carried<E> (&carried)[OH]) const {
#pragma unroll
    for (int i = 0; i < count; ++i) word_in(carried[i / words], i % words) = some[i];
  }
  __device__ __forceinline__ void unpack(Carried<E> (&carried)[OH]) {
#pragma unroll
    for (int i = 0; i < count; ++i) some[i] = static_cast<One>(word_in(carried[i / words], i % words));
  }
};

/// As much of the share as a thread carries, while the block's mean is made and told.
template <typename E, int OH>
__device__ __forceinline__ void pick_up_share(const OnceArguments& a, int sample, Carried<E> (&carried)[OH]) {
  if (a.passing_fours) {
    share_of<E, Carried<E>>(a, sample).pick_up(0, carried);
  } else {
    CarriedElements<E, OH> elements;
    share_of<E, typename CarriedElements<E, OH>::One>(a, sample).pick_up(0, elements.some);
    elements.pack(carried);
  }
}

/// And the rest.
template <typename E, int OH>
__device__ __forceinline__ void put_down_share(const OnceArguments& a, int sample,
                                               Carried<E> (&carried)[OH]) {
  const auto put = [](const auto& share, const auto& some) {
    share.put_down(0, some);
    constexpr int count = std::extent_v<std::remove_reference_t<decltype(some)>>;
    share.template copy<count>(count);
  };
  if (a.passing_fours) {
    put(share_of<E, Carried<E>>(a, sample), carried);
  } else {
    CarriedElements<E, OH> elements;
    elements.unpack(carried);
    put(share_of<E, typename CarriedElements<E, OH>::One>(a, sample), elements.some);
  }
}

/// All of it, where the convolution needs the registers.
template <typename E>
__device__ __forceinline__ void copy_share(const OnceArguments& a, int sample) {
  if (a.passing_fours)
    share_of<E, Carried<E>>(a, sample).template copy<4>(0);
  else
    share_of<E, typename CarriedElements<E, 1>::One>(a, sample).template copy<4>(0);
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

/// Threads that write a plane of the block: all, where it is the only one.
__device__ __forceinline__ int writers(const OnceTiling& t) {
  return t.planes == 1 ? static_cast<int>(blockDim.x) : t.plane_threads;
}

/// Where the rows of a tile as wide as the image lie beside each other, as they do in memory: in the plane's
/// part of what was the tile, as far from whole 16 bytes as in memory.
template <typename T>
struct StagedRows {
  int lines, count;  ///< of the tile in the image, and their elements
  typename T::Element* out;
  float* from;
  int shift;  ///< elements before the first, from whole 16 bytes on

  __device__ __forceinline__ StagedRows(const OnceArguments& a, int sample, const OnceTile& tile,
                                        const OncePlace& place, typename T::Element* staged) {
    const DepthwiseGate& g = a.gate;
    const OnceTiling& t = a.tiling;
    const int top = tile.y * t.rows * T::OH;
    lines = min(t.rows * T::OH, g.height - top), count = lines * g.width;
    out = static_cast<typename T::Element*>(g.active_out.data) + sample * g.active_out.sample_stride +
          (tile.channel + place.plane) * g.active_out.channel_stride + static_cast<int64_t>(top) * g.width;
    shift = static_cast<int>(reinterpret_cast<uintptr_t>(out) / sizeof(float)) & 3;
    from = reinterpret_cast<float*>(staged) + place.plane * t.in_height * t.in_width;
  }

  /// Lanes that are eight apart store their four columns in different orders, and so to different banks.
  __device__ __forceinline__ void put(const OnceArguments& a, const OncePlace& place,
                                      const float (&values)[T::OH][4]) const {
    if (!place.works) return;
    const int turn = threadIdx.x / 8, left = a.gate.width - place.column;
    float* to = from + shift + place.row * a.gate.width + place.column;
    int at[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) at[j] = (j + turn) & 3;
#pragma unroll
    for (int o = 0; o < T::OH; ++o) {
      float once[4], twice[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) once[j] = turn & 1 ? values[o][(j + 1) % 4] : values[o][j];
#pragma unroll
      for (int j = 0; j < 4; ++j) twice[j] = turn & 2 ? once[(j + 2) % 4] : once[j];
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (at[j] < left) to[o * a.gate.width + at[j]] = twice[j];
    }
  }

  /// Scaled, in whole vectors but for the first elements and the last.
  __device__ __forceinline__ void write(const OnceArguments& a, const OnceTile& tile, const OncePlace& place,
                                        float2 gate) const {
    if (place.plane >= tile.channels) return;
    auto* begin = out - shift;
    const int first = (shift + 3) / 4, last = (shift + count) / 4;
#pragma unroll 4
    for (int i = first + place.index; i < last; i += writers(a.tiling)) {
      const float4 v = load4(from + 4 * i);
      store4<true>(begin + 4 * i, make_float4(fmaf(v.x, gate.x, gate.y), fmaf(v.y, gate.x, gate.y),
                                              fmaf(v.z, gate.x, gate.y), fmaf(v.w, gate.x, gate.y)));
    }
    const int k = place.index, i = k < 4 ? 4 * first - 4 + k : 4 * last + k - 4;
    if (k < 8 && i >= (k < 4 ? shift : 4 * first) && i < (k < 4 ? min(4 * first, shift + count) : shift + count))
      store1(begin + i, fmaf(from[i], gate.x, gate.y));
  }
};

/// The same in the element's type, where the tile has no room for float: laid there when scaled. By all
/// threads.
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
  if (g.gain_floats == 0) __syncthreads();  // the tile is read; else the meeting came between
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
  for (int i = place.index; i < count; i += writers(t)) out[i] = plane[i];
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
  if constexpr (!T::stages)
    if (a.stacked) return write_rows<T>(a, tile, place, planes, staged, gate, values);
  if (!place.works) return;
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  auto* out = planes + place.plane * g.active_out.channel_stride + static_cast<int64_t>(y) * g.width + x;
  if (a.wide)
    write_vectors<T>(a, out, x, y, gate, values);
  else
    write_singly<T>(a, out, x, y, gate, values);
}

template <typename T>
__global__ void __launch_bounds__(T::bound_threads, T::min_blocks)
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
  const OncePlace place = place_in<T>(a, tile);
  if (!T::boxes) ask_for_constants(a, tile, rows);
  general::wait_for_previous();
  if (a.next == Next::at_once) general::let_next_begin();
  unsigned* const own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *static_cast<volatile unsigned*>(own_epoch) + 1;
  const int x = tile.x + place.column, y = tile.y * a.tiling.rows * T::OH + place.row;
  const bool carries = T::passes && a.paired && place.works;
  const bool shares = T::passes && !a.paired;
  Carried<E> carried[T::OH];
  if (carries) pick_up(g, sample, tile.channel + place.plane, x, y, carried);
  if (!T::boxes) load_tile<T>(a, sample, tile, input);
  __syncthreads();
  if (T::boxes) barrier_wait(&shared.full, 0);

  float values[T::OH][4];
  const float sum = place.works ? convolve_tile<T>(a, tile, place, input, rows, values) : 0.f;
  if (!T::boxes && shares) pick_up_share<E>(a, sample, carried);
  float* const means = rows + a.tiling.planes * a.row_floats;
  if (g.gain_floats > 0) {
    const float mean = mean_of<T>(a, place, sum, shared.sums);
    if (a.blocks > 1)
      publish_mean(a, tile, mean, epoch);
    else if (threadIdx.x < tile.channels)
      means[threadIdx.x] = mean;
  }
  if (carries) put_down<true>(g, sample, tile.channel + place.plane, x, y, carried);
  if (shares) {
    if constexpr (T::boxes)
      copy_share<E>(a, sample);
    else
      put_down_share<E>(a, sample, carried);
  }
  const StagedRows<T> staged(a, sample, tile, place, input);
  if (T::stages && a.stacked) {
    if (g.gain_floats == 0) __syncthreads();  // the tile is read
    staged.put(a, place, values);
    if (g.gain_floats == 0) __syncthreads();
  }

  float2 gate{1, 0};
  if (g.gain_floats > 0) {
    gate = a.blocks > 1 && a.tiling.planes == 1
               ? meet_for_one<T>(a, sample, epoch, tile.channel, rows + T::taps, shared)
               : meet_for_all<T>(a, sample, epoch, tile, place, rows, means, shared);
    gate.x = sigmoid(gate.x);
  }
  if (a.next == Next::at_end) general::let_next_begin();
  if (T::stages && a.stacked)
    staged.write(a, tile, place, gate);
  else
    write_tile<T>(a, sample, tile, place, input, gate, values);
  if (threadIdx.x == 0) *static_cast<volatile unsigned*>(own_epoch) = epoch;
}

}  // namespace ablate::kernels::cuda
