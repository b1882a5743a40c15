#pragma once

#include "ablate/kernels/cuda/general.hpp"

/// Who computes what in the pointwise kernel, and where its weights lie: plain integers, the same on the host
/// and the device.
///
/// A block computes a tile of rows (output channels) x pixels; a warp `row_fragments` x 16 rows by 32 pixels
/// of it. The columns (input channels) pass by in chunks of 32. An mma takes 16 rows, 8 pixels and a step of
/// 8 or 16 columns; which eight of the warp's pixels is for us to say. Lane l holds, of mma n (0..3), the
/// pixel 4 * (l / 4) + n of the factors: four pixels side by side in the four mma. Of the product it then
/// holds the pixels 8 * (l % 4) + 0..7, side by side as well.

namespace ablate::kernels::cuda::general {

constexpr int kChunk = 32;         ///< columns a stage
constexpr int kFragmentRows = 16;  ///< rows of an mma
constexpr int kWarpPixels = 32;    ///< pixels of a warp's tile, in four mma
constexpr int kPixelsOfALane = 8;  ///< of the product, side by side

/// Columns of an mma's step.
ABLATE_HOST_DEVICE constexpr int step_columns(Element element) {
  return element == Element::float32 ? 8 : 16;
}

struct PointwiseTile {
  int row_fragments;  ///< of a warp
  int row_warps, pixel_warps;
  int blocks;  ///< at one time on a multiprocessor, what the registers are bounded for

  ABLATE_HOST_DEVICE constexpr int fragments() const { return row_fragments * row_warps; }
  ABLATE_HOST_DEVICE constexpr int rows() const { return fragments() * kFragmentRows; }
  ABLATE_HOST_DEVICE constexpr int pixels() const { return pixel_warps * kWarpPixels; }
  ABLATE_HOST_DEVICE constexpr int threads() const { return row_warps * pixel_warps * 32; }
};

constexpr PointwiseTile kPointwiseTiles[] = {
    {1, 2, 1, 8},  // 32 x 32
    {2, 1, 4, 4},  // 32 x 128
    {1, 4, 1, 4},  // 64 x 32
    {2, 2, 2, 3},  // 64 x 64
    {2, 2, 4, 2},  // 64 x 128
    {2, 4, 2, 2},  // 128 x 64
};
constexpr int kPointwiseTileCount = 6;

/// Elements from one column of a stage to the next: a lane quad's columns begin in four different quarters of
/// the shared memory's banks.
ABLATE_HOST_DEVICE constexpr int stage_stride(int pixels) { return pixels + 8; }

// The weights, packed: for each chunk, fragment of 16 rows, step and lane the elements that the lane gives to
// the mma, side by side (four float32 or eight 16-bit: 16 bytes).

ABLATE_HOST_DEVICE constexpr int64_t chunks_of(int64_t columns) { return (columns + kChunk - 1) / kChunk; }
ABLATE_HOST_DEVICE constexpr int64_t fragments_of(int64_t rows) {
  return (rows + kFragmentRows - 1) / kFragmentRows;
}

/// Elements of a fragment's chunk.
constexpr int kFragmentElements = kFragmentRows * kChunk;

/// Where weight[row, column] lies in the packed weights, in elements.
ABLATE_HOST_DEVICE constexpr int64_t packed_index(int64_t row, int64_t column, int64_t rows, bool narrow) {
  const int step = narrow ? 16 : 8;
  const int in_row = static_cast<int>(row % kFragmentRows), in_chunk = static_cast<int>(column % kChunk);
  const int in_step = in_chunk % step;
  const int pair = narrow ? in_step % 8 / 2 : in_step % 4;  // l % 4 of the lane
  const int lane = in_row % 8 * 4 + pair;
  const int word = in_row / 8 + in_step / (step / 2) * 2;  // the mma's register a0..a3
  const int element = narrow ? word * 2 + in_step % 2 : word;
  const int64_t fragment = column / kChunk * fragments_of(rows) + row / kFragmentRows;
  return fragment * kFragmentElements + (in_chunk / step * 32 + lane) * (narrow ? 8 : 4) + element;
}

ABLATE_HOST_DEVICE constexpr int64_t packed_elements(int64_t rows, int64_t columns) {
  return chunks_of(columns) * fragments_of(rows) * kFragmentElements;
}

/// A tile and how the grid of row_tiles x walkers blocks walks over it: block (x, y) takes the row tile x
/// and, of the pixel tiles of all samples, every `walkers`-th from y on.
struct PointwisePlan {
  int tile = 0;                            ///< of kPointwiseTiles
  int64_t row_tiles = 1, pixel_tiles = 1;  ///< pixel_tiles: of one sample
  int64_t walkers = 1;
  bool keep_weights = false;  ///< all chunks of the weights stay in shared memory
  int64_t shared_bytes = 0;
};

constexpr int kPointwiseStages = 3;
constexpr int64_t kMost =
    int64_t{1} << 30;  ///< pixels, channels and tiles: an int holds them and a step more

/// Shared memory of a tile: the stages of the input and of its gate, and the chunks of the weights.
ABLATE_HOST_DEVICE constexpr int64_t pointwise_shared_bytes(const PointwiseTile& tile, Element element,
                                                            int64_t weight_chunks) {
  const int64_t input = kPointwiseStages * kChunk * stage_stride(tile.pixels()) * bytes_of(element);
  const int64_t gates = kPointwiseStages * kChunk * 2 * 4;
  return input + gates + weight_chunks * tile.fragments() * kFragmentElements * bytes_of(element);
}

struct PointwiseShape {
  int64_t batch = 1, rows = 1, columns = 1, pixels = 1;
  Element element = Element::float32;
};

/// The widest tile that gives every multiprocessor a block; the rows of a tile as the rows want. Weights are
/// kept where a block computes more tiles than one and they leave room for its neighbours.
PointwisePlan plan_pointwise(const PointwiseShape& shape, const Machine& machine);

}  // namespace ablate::kernels::cuda::general
