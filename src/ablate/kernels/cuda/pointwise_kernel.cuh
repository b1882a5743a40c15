#pragma once

#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/pointwise.hpp"
#include "ablate/kernels/cuda/pointwise_math.cuh"
#include "ablate/kernels/cuda/pointwise_tiles.hpp"
#include "ablate/kernels/cuda/ptx.cuh"

namespace ablate::kernels::cuda::general {

/// A call and how the grid walks over it.
struct PointwiseWork {
  PointwiseCall call;
  int pixel_tiles, tiles, walkers, chunks;  ///< pixel_tiles: of a sample; tiles: of all
  bool keep_weights;
  bool wide_input, wide_output;  ///< 16 bytes at a time
};

/// Where a block is in its walk: a chunk of a tile's columns.
struct PointwisePlace {
  int tile, chunk;

  __device__ __forceinline__ void step(const PointwiseWork& work) {
    if (++chunk < work.chunks) return;
    chunk = 0, tile += work.walkers;
  }
  __device__ __forceinline__ int sample(const PointwiseWork& work) const { return tile / work.pixel_tiles; }
  __device__ __forceinline__ int pixel(const PointwiseWork& work, int tile_pixels) const {
    return tile % work.pixel_tiles * tile_pixels;
  }
};

template <class T>
__device__ __forceinline__ const T* plane_of(const PointwiseCall& call, int64_t sample, int column) {
  const bool second = column >= call.first_columns;
  const auto& planes = second ? call.second : call.first;
  const int64_t channel = second ? column - call.first_columns : column;
  return static_cast<const T*>(planes.data) + sample * planes.sample_stride + channel * planes.channel_stride;
}

/// The shared memory of a block: the stages of the input, of its gate, and the weights.
template <class T, int kIndex>
struct PointwiseShared {
  static constexpr PointwiseTile kTile = kPointwiseTiles[kIndex];
  static constexpr int kStride = stage_stride(kTile.pixels());
  static constexpr int kStageElements = kChunk * kStride;
  static constexpr int kWeightElements = kTile.fragments() * kFragmentElements;

  __device__ static T* input(int stage) {
    return reinterpret_cast<T*>(shared_memory()) + stage * kStageElements;
  }
  __device__ static float* gates(int stage) {
    return reinterpret_cast<float*>(input(kPointwiseStages)) + stage * kChunk * 2;
  }
  __device__ static T* weights(int slot) {
    return reinterpret_cast<T*>(gates(kPointwiseStages)) + slot * kWeightElements;
  }
};

/// A chunk of the input, 16 bytes at a time. Columns beyond the last and pixels beyond the image become zero.
template <class T, int kIndex>
__device__ __forceinline__ void fetch_wide(const PointwiseWork& work, const PointwisePlace& place, T* stage) {
  constexpr PointwiseTile kTile = kPointwiseTiles[kIndex];
  constexpr int kWide = 16 / static_cast<int>(sizeof(T)), kAcross = kTile.pixels() / kWide;
  constexpr int kRowsAPass = kTile.threads() / kAcross;
  static_assert(kTile.threads() % kAcross == 0 && kChunk % kRowsAPass == 0);
  const auto& call = work.call;
  const int across = static_cast<int>(threadIdx.x) % kAcross * kWide;
  const int down = static_cast<int>(threadIdx.x) / kAcross;
  const int sample = place.sample(work), pixel = place.pixel(work, kTile.pixels()) + across;
  const int left = static_cast<int>(call.pixels) - pixel;
  const int bytes = (left < 0 ? 0 : left < kWide ? left : kWide) * static_cast<int>(sizeof(T));
#pragma unroll 2
  for (int row = 0; row < kChunk; row += kRowsAPass) {
    const int column = place.chunk * kChunk + row + down;
    const bool there = column < call.columns && bytes > 0;
    const T* from =
        there ? plane_of<T>(call, sample, column) + pixel : static_cast<const T*>(call.first.data);
    copy_async<16>(stage + (row + down) * stage_stride(kTile.pixels()) + across, from, there ? bytes : 0);
  }
}

/// The same, an element at a time: planes that begin anywhere.
template <class T, int kIndex>
__device__ __forceinline__ void fetch_elements(const PointwiseWork& work, const PointwisePlace& place,
                                               T* stage) {
  constexpr PointwiseTile kTile = kPointwiseTiles[kIndex];
  const auto& call = work.call;
  const int sample = place.sample(work), first = place.pixel(work, kTile.pixels());
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < kChunk * kTile.pixels(); i += kTile.threads()) {
    const int across = i % kTile.pixels(), down = i / kTile.pixels();
    const int column = place.chunk * kChunk + down, pixel = first + across;
    const bool there = column < call.columns && pixel < call.pixels;
    const T* from =
        there ? plane_of<T>(call, sample, column) + pixel : static_cast<const T*>(call.first.data);
    T* to = stage + down * stage_stride(kTile.pixels()) + across;
    if constexpr (sizeof(T) == 4)
      copy_async<4>(to, from, there ? 4 : 0);
    else
      *to = there ? *from : from_float<T>(0.0f);  // no asynchronous copy is that small
  }
}

/// scale and shift of the chunk's columns; 1 and 0 where the columns have none.
__device__ __forceinline__ void fetch_gates(const PointwiseWork& work, const PointwisePlace& place,
                                            float* gates) {
  const auto& call = work.call;
  const int thread = static_cast<int>(threadIdx.x);
  if (thread >= kChunk) return;
  const int column = place.chunk * kChunk + thread;
  const bool gated = column < call.first_columns;
  const int64_t at = place.sample(work) * call.first_columns + column;
  if (gated)
    copy_async<4>(gates + thread, call.scale + at, 4);
  else
    gates[thread] = 1.0f;
  if (gated && call.shift)
    copy_async<4>(gates + kChunk + thread, call.shift + at, 4);
  else
    gates[kChunk + thread] = 0.0f;
}

/// Rows beyond the last fragment become zero.
template <class T, int kIndex>
__device__ __forceinline__ void fetch_weights(const PointwiseWork& work, int row_tile, int chunk, T* slot) {
  constexpr PointwiseTile kTile = kPointwiseTiles[kIndex];
  constexpr int kWide = 16 / static_cast<int>(sizeof(T)), kPieces = kFragmentElements / kWide;
  static_assert(kTile.fragments() * kPieces % kTile.threads() == 0);
  const int fragments = static_cast<int>(fragments_of(work.call.rows)), first = row_tile * kTile.fragments();
  const T* packed = static_cast<const T*>(work.call.weight);
  const T* from = packed + (static_cast<int64_t>(chunk) * fragments + first) * kFragmentElements;
#pragma unroll 1
  for (int i = 0; i < kTile.fragments() * kPieces; i += kTile.threads()) {
    const int piece = i + static_cast<int>(threadIdx.x);
    const bool there = first + piece / kPieces < fragments;
    copy_async<16>(slot + piece * kWide, there ? from + piece * kWide : packed, there ? 16 : 0);
  }
}

/// Not so where an Inf or NaN of the input met the split (Inf * 0 is NaN), and where TF32, which has as many
/// exponents as float32 but fewer fraction bits, runs out of them before float32 does.
__device__ __forceinline__ bool tf32_is_sound(float sum) {
  const float size = fabsf(sum);
  return (size >= 1e-30f && size <= 3.402823466e38f) || size == 0;
}

/// weight[row, :] . x[:, pixel] in plain float32.
__device__ __forceinline__ float plain_product(const PointwiseCall& call, int sample, int row, int pixel) {
  const auto* weight = static_cast<const float*>(call.weight);
  float sum = 0;
#pragma unroll 1
  for (int column = 0; column < call.columns; ++column) {
    float x = plane_of<float>(call, sample, column)[pixel];
    if (call.scale && column < call.first_columns) {
      const int64_t at = sample * call.first_columns + column;
      x = fmaf(x, call.scale[at], call.shift ? call.shift[at] : 0.0f);
    }
    sum = fmaf(weight[packed_index(row, column, call.rows, false)], x, sum);
  }
  return sum;
}

/// The pixels of a lane's row anew, without the tensor cores. Rare, and kept out of the registers' way.
__device__ __noinline__ inline void mend_row(const PointwiseCall& call, int sample, int row, int pixel) {
  auto* to = static_cast<float*>(call.output.data) + sample * call.output.sample_stride +
             row * call.output.channel_stride;
  const float bias = call.bias ? call.bias[row] : 0.0f;
#pragma unroll 1
  for (int i = pixel; i < pixel + kPixelsOfALane && i < call.pixels; ++i) {
    const float value = plain_product(call, sample, row, i) + bias;
    to[i] = call.relu ? relu(value) : value;
  }
}

/// One row of a lane's product, kPixelsOfALane pixels side by side: bias, ReLU, and to the output.
template <class T>
__device__ __forceinline__ void finish_row(const PointwiseWork& work, int sample, int row, int pixel,
                                           float (&values)[kPixelsOfALane]) {
  const auto& call = work.call;
  if (row >= call.rows || pixel >= call.pixels) return;
  if constexpr (sizeof(T) == 4) {
    bool sound = true;
#pragma unroll
    for (float value : values) sound = sound && tf32_is_sound(value);
    if (!sound) return mend_row(call, sample, row, pixel);
  }
  const float bias = call.bias ? call.bias[row] : 0.0f;
#pragma unroll
  for (float& value : values) {
    value += bias;
    if (call.relu) value = relu(value);
  }
  T* to = static_cast<T*>(call.output.data) + sample * call.output.sample_stride +
          row * call.output.channel_stride + pixel;
  if (work.wide_output && pixel + kPixelsOfALane <= call.pixels) {
    store<kPixelsOfALane>(to, values);
  } else {
#pragma unroll
    for (int i = 0; i < kPixelsOfALane; ++i)
      if (pixel + i < call.pixels) to[i] = from_float<T>(values[i]);
  }
}

template <class T, int kIndex, bool kSingle>
__global__ void __launch_bounds__(kPointwiseTiles[kIndex].threads(), kPointwiseTiles[kIndex].blocks)
    pointwise_kernel(const __grid_constant__ PointwiseWork work) {
  using Shared = PointwiseShared<T, kIndex>;
  constexpr PointwiseTile kTile = kPointwiseTiles[kIndex];
  const auto& call = work.call;
  const int row_tile = static_cast<int>(blockIdx.x), walker = static_cast<int>(blockIdx.y);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int row_warp = warp % kTile.row_warps, pixel_warp = warp / kTile.row_warps;

  PointwisePlace here{walker, 0}, ahead{walker, 0};
  const auto fetch_own_weights = [&](const PointwisePlace& place, int stage) {
    if (place.tile >= work.tiles || (work.keep_weights && place.tile != walker)) return;
    fetch_weights<T, kIndex>(work, row_tile, place.chunk,
                             Shared::weights(work.keep_weights ? place.chunk : stage));
  };
  const auto fetch_input = [&](int stage) {
    if (ahead.tile < work.tiles) {
      if (work.wide_input)
        fetch_wide<T, kIndex>(work, ahead, Shared::input(stage));
      else
        fetch_elements<T, kIndex>(work, ahead, Shared::input(stage));
      if (call.scale) fetch_gates(work, ahead, Shared::gates(stage));
      ahead.step(work);
    }
    close_copy_group();
  };
  // No launch writes weights: those of the first stages do not wait for the one before.
  PointwisePlace first = here;
#pragma unroll 1
  for (int stage = 0; stage < kPointwiseStages - 1; ++stage, first.step(work)) fetch_own_weights(first, stage);
  wait_for_previous();
  let_next_begin();
#pragma unroll 1
  for (int stage = 0; stage < kPointwiseStages - 1; ++stage) fetch_input(stage);

  PointwiseSum<T, kTile.row_fragments, kSingle> sum;
#pragma unroll 1
  for (int stage = 0; here.tile < work.tiles; stage = stage + 1 == kPointwiseStages ? 0 : stage + 1) {
    wait_for_copies<kPointwiseStages - 2>();
    __syncthreads();  // this stage is here, and nobody reads any more what is overwritten next
    const int free = stage == 0 ? kPointwiseStages - 1 : stage - 1;
    fetch_own_weights(ahead, free);
    fetch_input(free);
    if (here.chunk == 0) sum.clear();
    const T* weights = Shared::weights(work.keep_weights ? here.chunk : stage) +
                       row_warp * kTile.row_fragments * kFragmentElements;
    const T* input = Shared::input(stage) + pixel_warp * kWarpPixels;
    if (call.scale && here.chunk * kChunk < call.first_columns)
      sum.template add<Shared::kStride, true>(lane, weights, input, Shared::gates(stage));
    else
      sum.template add<Shared::kStride, false>(lane, weights, input, nullptr);
    if (here.chunk + 1 == work.chunks) {
      const int row =
          (row_tile * kTile.fragments() + row_warp * kTile.row_fragments) * kFragmentRows + lane / 4;
      const int pixel =
          here.pixel(work, kTile.pixels()) + pixel_warp * kWarpPixels + lane % 4 * kPixelsOfALane;
#pragma unroll
      for (int half = 0; half < kTile.row_fragments * 2; ++half) {
        float values[kPixelsOfALane];
        sum.row(half, values);
        finish_row<T>(work, here.sample(work), row + half * 8, pixel, values);
      }
    }
    here.step(work);
  }
}

}  // namespace ablate::kernels::cuda::general
