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
