#pragma once

#include "ablate/kernels/cuda/general.hpp"

/// Who computes what in the depthwise kernel: plain integers, the same on the host and the device.
///
/// A thread computes 4 x `outputs` pixels, four beside one another and `outputs` below one another. A block's
/// threads are `width` / 4 columns x `planes` channels x `groups` rows of such patches, in that order from
/// the fastest on: narrow images share a block with other channels. A channel's tile lies in shared memory
/// with the pixels around it that the filter reaches.

namespace ablate::kernels::cuda::general {

struct DepthwiseTile {
  int width, outputs, groups, planes;

  ABLATE_HOST_DEVICE constexpr int columns() const { return width / 4; }
  ABLATE_HOST_DEVICE constexpr int height() const { return outputs * groups; }
  ABLATE_HOST_DEVICE constexpr int threads() const { return columns() * planes * groups; }
};

constexpr DepthwiseTile kDepthwiseTiles[] = {
    {64, 8, 8, 1},  // 64 x 64
    {64, 4, 8, 1},  // 64 x 32
    {32, 4, 8, 2},  // 32 x 32, two channels
    {16, 4, 4, 8},  // 16 x 16, eight
    {8, 4, 2, 16},  // 8 x 8, sixteen
};
constexpr int kDepthwiseTileCount = 5;

/// What a thread of the block computes.
struct DepthwisePatch {
  int x, y, plane;  ///< pixels from the tile's corner, and which of the block's channels

  ABLATE_HOST_DEVICE static constexpr DepthwisePatch of(const DepthwiseTile& tile, int thread) {
    const int columns = tile.columns();
    return {thread % columns * 4, thread / (columns * tile.planes) * tile.outputs,
            thread / columns % tile.planes};
  }
};

/// A channel's tile with its rim in shared memory. Rows begin `rim` pixels left of the tile, a multiple of
/// four so that aligned rows stay aligned.
struct DepthwiseStage {
  int rim;  ///< pixels left and right
  int row;  ///< pixels from one row to the next
  int rows;
  int plane;  ///< pixels from one channel to the next

  ABLATE_HOST_DEVICE static constexpr DepthwiseStage of(const DepthwiseTile& tile, int kernel_size,
                                                        int element_size) {
    const int rim = kernel_size > 1 ? 4 : 0, row = tile.width + 2 * rim,
              rows = tile.height() + kernel_size - 1;
    // Threads of neighbouring channels read different banks: a channel begins one tile's width further on.
    const int banks = 128 / element_size, pixels = row * rows;
    const int plane = tile.planes == 1 ? pixels : pixels + ((tile.width - pixels) % banks + banks) % banks;
    return {rim, row, rows, plane};
  }
};

constexpr int kDepthwiseStages = 2;

ABLATE_HOST_DEVICE constexpr int64_t depthwise_stage_bytes(const DepthwiseTile& tile, int kernel_size,
                                                           int element_size) {
  const int pixels = DepthwiseStage::of(tile, kernel_size, element_size).plane * tile.planes;
  const int bytes = (pixels * element_size + 15) / 16 * 16;
  return bytes + tile.planes * padded_taps(kernel_size) * 4;
}

/// The stages, and a sum a warp and channel.
ABLATE_HOST_DEVICE constexpr int64_t depthwise_shared_bytes(const DepthwiseTile& tile, int kernel_size,
                                                            int element_size) {
  return kDepthwiseStages * depthwise_stage_bytes(tile, kernel_size, element_size) +
         tile.threads() / 32 * tile.planes * 4;
}

/// Blocks at one time on a multiprocessor, what the registers are bounded for.
ABLATE_HOST_DEVICE constexpr int depthwise_blocks(const DepthwiseTile& tile, int kernel_size) {
  const int of_128_threads = tile.outputs == 8 ? (kernel_size <= 5   ? 5
                                                  : kernel_size == 7 ? 4
                                                                     : 3)
                                               : (kernel_size <= 7 ? 6 : 4);
  return of_128_threads * 128 / tile.threads();
}

struct DepthwiseShape {
  int64_t batch = 1, channels = 1, height = 1, width = 1;
  int kernel_size = 7;
  Element element = Element::float32;
};

/// A tile and how the grid walks over it: block i takes every `walkers`-th tile from i on.
struct DepthwisePlan {
  int tile = 0;  ///< of kDepthwiseTiles
  int64_t tiles_across = 1, tiles_down = 1, channel_groups = 1;
  int64_t tiles = 0, walkers = 0;
  int64_t shared_bytes = 0;
  int64_t tiles_a_plane() const { return tiles_across * tiles_down; }
};

/// The tile with the least work, idle pixels and rims included; the tall one only where every multiprocessor
/// has several, and where multiply-adds are what bounds it.
DepthwisePlan plan_depthwise(const DepthwiseShape& shape, const Machine& machine);

}  // namespace ablate::kernels::cuda::general
