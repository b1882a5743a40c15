#pragma once

#include "ablate/kernels/cuda/depthwise.hpp"
#include "ablate/kernels/cuda/depthwise_tiles.hpp"
#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/ptx.cuh"

namespace ablate::kernels::cuda::general {

/// A call and how the grid walks over it.
struct DepthwiseWork {
  DepthwiseCall call;
  int tiles_across, tiles_down, channel_groups, tiles, walkers;
  bool wide_x, wide_y;  ///< four elements at a time
};

/// A tile's place in the image and in the batch.
struct DepthwisePlace {
  int x, y;      ///< the corner
  int in_plane;  ///< which of the plane's tiles
  int channel;   ///< the first of the block's
  int sample;

  __device__ __forceinline__ static DepthwisePlace of(const DepthwiseWork& work, const DepthwiseTile& tile,
                                                      int index) {
    const int across = index % work.tiles_across, rest = index / work.tiles_across;
    const int down = rest % work.tiles_down, plane = rest / work.tiles_down;
    return {across * tile.width, down * tile.height(), down * work.tiles_across + across,
            plane % work.channel_groups * tile.planes, plane / work.channel_groups};
  }
};

template <class T, int kSize, int kIndex>
struct DepthwiseShared {
  static constexpr DepthwiseTile kTile = kDepthwiseTiles[kIndex];
  static constexpr DepthwiseStage kStage = DepthwiseStage::of(kTile, kSize, sizeof(T));
  static constexpr int kFilter = padded_taps(kSize);
  static constexpr int kStageBytes = static_cast<int>(depthwise_stage_bytes(kTile, kSize, sizeof(T)));
  static constexpr int kFilterBytes = kTile.planes * kFilter * 4;

  __device__ static T* pixels(int stage) {
    return reinterpret_cast<T*>(shared_memory() + stage * kStageBytes);
  }
  __device__ static float* filters(int stage) {
    return reinterpret_cast<float*>(shared_memory() + (stage + 1) * kStageBytes - kFilterBytes);
  }
};

/// A tile's pixels, kWide (4 or 1) side by side at a time; zero beyond the image and beyond the last channel.
template <class T, int kSize, int kIndex, int kWide>
__device__ __forceinline__ void fetch_pixels(const DepthwiseWork& work, const DepthwisePlace& place, T* to) {
  using Shared = DepthwiseShared<T, kSize, kIndex>;
  constexpr auto kTile = Shared::kTile;
  constexpr auto kStage = Shared::kStage;
  constexpr int kAcross = kStage.row / kWide, kPieces = kTile.planes * kStage.rows * kAcross;
  const auto& call = work.call;
  const int height = static_cast<int>(call.height), width = static_cast<int>(call.width);
  const int left = place.x - kStage.rim, top = place.y - kSize / 2,
            channels = static_cast<int>(call.channels) - place.channel;
  const T* corner = static_cast<const T*>(call.x.data) + place.sample * call.x.sample_stride +
                    place.channel * call.x.channel_stride;
#pragma unroll 2
  for (int piece = static_cast<int>(threadIdx.x); piece < kPieces; piece += kTile.threads()) {
    const int across = piece % kAcross * kWide, row = piece / kAcross % kStage.rows,
              plane = piece / (kAcross * kStage.rows);
    const int x = left + across, y = top + row;
    // Where four go at a time, the width is a multiple of four: all are inside, or none.
    const bool inside = static_cast<unsigned>(x) < static_cast<unsigned>(width) &&
                        static_cast<unsigned>(y) < static_cast<unsigned>(height) && plane < channels;
    const T* from = inside ? corner + plane * call.x.channel_stride + (y * width + x)
                           : static_cast<const T*>(call.x.data);
    T* target = to + plane * kStage.plane + row * kStage.row + across;
    constexpr int kBytes = kWide * static_cast<int>(sizeof(T));
    if constexpr (kBytes >= 4)
      copy_async<kBytes>(target, from, inside ? kBytes : 0);
    else
      *target = inside ? *from : from_float<T>(0.0f);  // no asynchronous copy is that small
  }
}

template <class T, int kSize, int kIndex>
__device__ __forceinline__ void fetch_tile(const DepthwiseWork& work, int tile, int stage) {
  using Shared = DepthwiseShared<T, kSize, kIndex>;
  constexpr auto kTile = Shared::kTile;
  const auto place = DepthwisePlace::of(work, kTile, tile);
  if (work.wide_x)
    fetch_pixels<T, kSize, kIndex, 4>(work, place, Shared::pixels(stage));
  else
    fetch_pixels<T, kSize, kIndex, 1>(work, place, Shared::pixels(stage));
  constexpr int kQuads = Shared::kFilter / 4;
  for (int quad = static_cast<int>(threadIdx.x); quad < kTile.planes * kQuads; quad += kTile.threads()) {
    const bool there = place.channel + quad / kQuads < work.call.channels;
    const float* from = work.call.filters + (there ? place.channel * int64_t{Shared::kFilter} + quad * 4 : 0);
    copy_async<16>(Shared::filters(stage) + quad * 4, from, there ? 16 : 0);
  }
}

/// The pixels that a patch's row wants, of the twelve around its four: radius to the left and to the right.
template <int kRadius, class T>
__device__ __forceinline__ void load_row(const T* from, float (&row)[12]) {
  constexpr int kSide = kRadius > 2 ? 4 : kRadius;
  if constexpr (kRadius > 0) load<kSide>(from + 4 - kSide, row + 4 - kSide);
  load<4>(from + (kRadius > 0 ? 4 : 0), row + 4);
  if constexpr (kRadius > 0) load<kSide>(from + 8, row + 8);
}

/// ReLU(filter . pixels + bias) of a thread's patch.
template <class T, int kSize, int kOutputs, int kRow, int kFilter>
__device__ __forceinline__ void convolve(const T* pixels, const float* filter, float (&y)[kOutputs][4]) {
  constexpr int kRadius = kSize / 2;
  float weights[kFilter];
#pragma unroll
  for (int i = 0; i < kFilter; i += 4) load<4>(filter + i, weights + i);
#pragma unroll
  for (auto& row : y)
#pragma unroll
    for (float& value : row) value = weights[kSize * kSize];
#pragma unroll
  for (int r = 0; r < kOutputs + kSize - 1; ++r) {
    float row[12];
    load_row<kRadius>(pixels + r * kRow, row);
#pragma unroll
    for (int o = 0; o < kOutputs; ++o)
      if (r - o >= 0 && r - o < kSize)
#pragma unroll
        for (int k = 0; k < kSize; ++k)
#pragma unroll
          for (int j = 0; j < 4; ++j)
            y[o][j] = fmaf(row[4 - kRadius + j + k], weights[(r - o) * kSize + k], y[o][j]);
  }
#pragma unroll
  for (auto& row : y)
#pragma unroll
    for (float& value : row) value = relu(value);
}

/// Stores what lies in the image of a patch with the corner (x, y); returns the sum of what it stored.
template <class T, int kOutputs>
__device__ __forceinline__ float store_patch(const DepthwiseWork& work, T* plane, int x, int y,
                                             float (&values)[kOutputs][4]) {
  const int height = static_cast<int>(work.call.height), width = static_cast<int>(work.call.width);
  float sum = 0;
  if (x >= width) return sum;
#pragma unroll
  for (int o = 0; o < kOutputs; ++o) {
    if (y + o >= height) break;
    T* to = plane + ((y + o) * width + x);
#pragma unroll
    for (float& value : values[o]) value = to_float(from_float<T>(value));
    if (work.wide_y) {
      store<4>(to, values[o]);
      sum += values[o][0] + values[o][1] + values[o][2] + values[o][3];
    } else {
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (x + j < width) to[j] = from_float<T>(values[o][j]), sum += values[o][j];
    }
  }
  return sum;
}

/// Adds what the lanes of one channel have, in a fixed order; every lane of the channel gets the sum. A warp
/// holds kColumns x kPlanes lanes, once or over again.
template <int kColumns, int kPlanes>
__device__ __forceinline__ float sum_in_warp(float value) {
#pragma unroll
  for (int mask = 1; mask < 32; mask *= 2)
    if (mask < kColumns || mask >= kColumns * kPlanes) value += __shfl_xor_sync(0xffffffffu, value, mask);
  return value;
}

template <class T, int kSize, int kIndex>
__global__ void __launch_bounds__(kDepthwiseTiles[kIndex].threads(),
                                  depthwise_blocks(kDepthwiseTiles[kIndex], kSize))
    depthwise_kernel(const __grid_constant__ DepthwiseWork work) {
  using Shared = DepthwiseShared<T, kSize, kIndex>;
  constexpr auto kTile = Shared::kTile;
  constexpr auto kStage = Shared::kStage;
  constexpr int kWarps = kTile.threads() / 32;
  const auto& call = work.call;
  const int thread = static_cast<int>(threadIdx.x);
  const auto patch = DepthwisePatch::of(kTile, thread);
  auto* warp_sums = reinterpret_cast<float*>(shared_memory() + kDepthwiseStages * Shared::kStageBytes);

  fetch_tile<T, kSize, kIndex>(work, static_cast<int>(blockIdx.x), 0);
  close_copy_group();
  int stage = 0;
#pragma unroll 1
  for (int tile = static_cast<int>(blockIdx.x); tile < work.tiles; tile += work.walkers, stage ^= 1) {
    if (tile + work.walkers < work.tiles) fetch_tile<T, kSize, kIndex>(work, tile + work.walkers, stage ^ 1);
    close_copy_group();
    wait_for_copies<1>();
    __syncthreads();  // this stage is here

    const auto place = DepthwisePlace::of(work, kTile, tile);
    const int channel = place.channel + patch.plane;
    const bool there = channel < call.channels;
    float y[kTile.outputs][4];
    convolve<T, kSize, kTile.outputs, kStage.row, Shared::kFilter>(
        Shared::pixels(stage) + patch.plane * kStage.plane + patch.y * kStage.row + patch.x,
        Shared::filters(stage) + patch.plane * Shared::kFilter, y);
    T* plane =
        static_cast<T*>(call.y.data) + place.sample * call.y.sample_stride + channel * call.y.channel_stride;
    float sum =
        there ? store_patch<T, kTile.outputs>(work, plane, place.x + patch.x, place.y + patch.y, y) : 0.0f;

    sum = sum_in_warp<kTile.columns(), kTile.planes>(sum);
    if (thread % 32 < kTile.columns() * kTile.planes && patch.x == 0)
      warp_sums[thread / 32 * kTile.planes + patch.plane] = sum;
    __syncthreads();  // the sums are here, and nobody reads this stage any more
    if (call.sums && thread < kTile.planes && place.channel + thread < call.channels) {
      float total = warp_sums[thread];
#pragma unroll
      for (int warp = 1; warp < kWarps; ++warp) total += warp_sums[warp * kTile.planes + thread];
      const int64_t at = place.sample * call.channels + place.channel + thread;
      call.sums[at * (work.tiles_across * work.tiles_down) + place.in_plane] = total;
    }
  }
}

template <class T, int kSize, int kTile = 0>
cudaError_t launch_depthwise_tile(const DepthwisePlan& plan, const DepthwiseWork& work, cudaStream_t stream) {
  if constexpr (kTile == kDepthwiseTileCount) {
    return cudaErrorInvalidValue;
  } else if constexpr (kTile == 0 && kSize < 5) {  // bound by memory: nothing gained by taller tiles
    return launch_depthwise_tile<T, kSize, 1>(plan, work, stream);
  } else {
    if (plan.tile != kTile) return launch_depthwise_tile<T, kSize, kTile + 1>(plan, work, stream);
    constexpr int kThreads = kDepthwiseTiles[kTile].threads();
    return launch<depthwise_kernel<T, kSize, kTile>>({plan.walkers}, kThreads, plan.shared_bytes, stream,
                                                     work);
  }
}

template <class T>
cudaError_t launch_depthwise_element(const DepthwisePlan& plan, const DepthwiseWork& work,
                                     cudaStream_t stream) {
  switch (work.call.kernel_size) {
    case 1:
      return launch_depthwise_tile<T, 1>(plan, work, stream);
    case 3:
      return launch_depthwise_tile<T, 3>(plan, work, stream);
    case 5:
      return launch_depthwise_tile<T, 5>(plan, work, stream);
    case 7:
      return launch_depthwise_tile<T, 7>(plan, work, stream);
    case 9:
      return launch_depthwise_tile<T, 9>(plan, work, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

// One file an element, so that they compile side by side.
cudaError_t launch_depthwise_float32(const DepthwisePlan& plan, const DepthwiseWork& work,
                                     cudaStream_t stream);
cudaError_t launch_depthwise_float16(const DepthwisePlan& plan, const DepthwiseWork& work,
                                     cudaStream_t stream);
cudaError_t launch_depthwise_bfloat16(const DepthwisePlan& plan, const DepthwiseWork& work,
                                      cudaStream_t stream);

}  // namespace ablate::kernels::cuda::general
