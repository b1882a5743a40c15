#pragma once

// The shape of a block of mixing.cuh: what is known when it is compiled, and where things lie in its shared
// memory.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/mixing.hpp"

namespace ablate::kernels::cuda {

/// Boxes: tiles come by the copy engine; Exact: three products of TF32 for one of float32; KeepsWeights: in
/// shared memory, otherwise they are read through the first cache; Pad: columns that keep rows of a tile in
/// other banks.
template <typename E_, int K_, int TW_, int TH_, int OH_, int Threads_, int RowTiles_, int Stages_,
          bool Boxes_, bool Exact_, bool KeepsWeights_, int Pad_, int MinBlocks_>
struct MixingTraits {
  using Element = E_;
  static constexpr int K = K_, TW = TW_, TH = TH_, OH = OH_, threads = Threads_, row_tiles = RowTiles_,
                       stages = Stages_;
  static constexpr int min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, exact = Exact_, keeps_weights = KeepsWeights_;

  static constexpr int warps = threads / 32;
  // Where registers allow a warp more, it asks for the first tiles: asking takes as long as they take to
  // come.
  static constexpr bool producer = boxes && min_blocks == 1;
  static constexpr int block_threads = threads + (producer ? 32 : 0);
  static constexpr int small_tiles =
      row_tiles <= 2 ? row_tiles : 1;  // sums of the lesser products of their own, where registers last
  static constexpr int pixels = TW * TH, segments = pixels / 32;
  static constexpr int lanes = TW / 4 * (TH / OH);  // that share a channel
  static constexpr int chunk = threads / lanes;     // channels at one time
  static constexpr int margin =
      16 / static_cast<int>(sizeof(Element));  // columns before a tile, as the copy engine wants them
  static constexpr int in_width = TW + 2 * margin + Pad_, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int channel_elements = in_width * in_height;
  static constexpr int tile_bytes =
      (chunk * channel_elements * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stride = pixels + 8;  // from a channel to the next: other banks
  static constexpr int stage_bytes = tile_bytes + (chunk * taps * 4 + 127) / 128 * 128;
  static_assert(lanes <= 32 && 32 % lanes == 0 && pixels % 32 == 0 && TW % 8 == 0 && chunk <= 256);

  __host__ __device__ static constexpr int padded(int channels) { return (channels + 7) / 8 * 8; }
  __host__ __device__ static constexpr MixingMemory memory(const MixingShape& s, bool overlay) {
    MixingMemory at{};
    const int step_bytes = ablate::kernels::cuda::row_tiles(s.channels) * 512;
    at.results = stages * stage_bytes;
    at.passed = at.results + padded(s.active) * stride * 4;
    at.weights_passive =
        at.passed + (padded(s.passive) * stride * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
    const int passive_end = at.weights_passive + (keeps_weights ? padded(s.passive) / 8 * step_bytes : 0);
    at.weights_active = overlay ? 0 : passive_end;
    at.floats = passive_end + (keeps_weights && !overlay ? padded(s.active) / 8 * step_bytes : 0);
    const int rows = (3 * s.active + 2 * warps) * s.width,
              biases = ablate::kernels::cuda::row_tiles(s.channels) * 16;
    at.total = at.floats + (stages + 3 + 1) / 2 * 16 + (rows + biases + 2 * padded(s.active)) * 4;
    return at;
  }
};

}  // namespace ablate::kernels::cuda
