#pragma once

// The shape of a block of warpgroup_mixing.cuh: what is known when it is compiled, and where things lie in its
// shared memory.

#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/warpgroup_mixing.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"

namespace ablate::kernels::cuda {

/// Tiles: of 64 pixels, that a warp-group has; Columns: output channels that it has at one time; Cluster: blocks that
/// share a tile of pixels, each with a part of the channels; Ahead: steps of eight passive channels on their way from
/// memory; Early: these are asked for before the convolution; Apart: the small products have sums of their own.
template <typename E_, int TW_, int TH_, int OH_, int Threads_, int Tiles_, int Columns_, int Cluster_, int Stages_, int Ahead_, bool Early_,
          bool Apart_, int MinBlocks_>
struct WarpgroupTraits {
  using Element = E_;
  static constexpr int K = 7, TW = TW_, TH = TH_, OH = OH_, threads = Threads_, tiles = Tiles_, columns = Columns_;
  static constexpr int cluster = Cluster_, stages = Stages_, ahead = Ahead_, min_blocks = MinBlocks_;
  static constexpr bool early = Early_, apart = Apart_;

  static constexpr int warps = threads / 32;
  static constexpr int pixels = TW * TH, together = 2 * tiles;  // neighbours that a thread has
  static constexpr int pixel_groups = pixels / (64 * tiles), column_groups = threads / 128 / pixel_groups;
  static constexpr int lanes = TW / 4 * (TH / OH);  // that share a channel of the convolution
  static constexpr int chunk = threads / lanes;     // channels at one time
  static constexpr int margin = 4;                  // columns before a tile, as the copy engine wants them
  static constexpr int in_width = TW + 2 * margin, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int channel_elements = in_width * in_height;
  static constexpr int tile_bytes = (chunk * channel_elements * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stride = pixels + 8;  // from a channel to the next: other banks
  static_assert(threads % 128 == 0 && pixels % (64 * tiles) == 0 && threads / 128 % pixel_groups == 0);
  static_assert(lanes <= 32 && 32 % lanes == 0 && TH % OH == 0 && TW % 4 == 0 && chunk <= 256 && columns % 8 == 0);
  static_assert(ahead % 2 == 0 && 4 % ahead == 0);  // passive channels are padded to four steps

  __host__ __device__ static constexpr WarpgroupMemory memory(const WarpgroupShape& s) {
    WarpgroupMemory at{};
    const int gate_row = s.width * (s.shifts ? 2 : 1);
    at.results = stages * tile_bytes;
    at.mix = (at.results + padded_active(s.active) * stride * 4 + 127) / 128 * 128;
    at.filters = at.mix + s.columns / warpgroup_eight * warpgroup_group_floats(s.active, s.passive) * 4;
    at.gate_rows = at.filters + s.share * (taps + s.width) * 4;
    at.barriers = at.gate_rows + s.active * gate_row * 4;
    at.gates = at.barriers + (stages + 2 + 1) / 2 * 16;
    at.parts = at.gates + padded_active(s.active) * 8;
    at.found = at.parts + warps * s.width * 4;
    at.total = at.found + warps * s.width * 4;
    return at;
  }
};

/// A thread's view of its block: numbers, and pointers into shared memory.
template <typename T>
struct WarpgroupBlock {
  using E = typename T::Element;

  __device__ __forceinline__ WarpgroupBlock(unsigned char* dynamic, const WarpgroupArguments& a) {
    const DepthwiseGate& g = a.mixing.gate;
    thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    rank = blockIdx.x % T::cluster;
    const int tile = blockIdx.x / T::cluster, tile_y = tile / a.tiles_x;
    x0 = (tile - tile_y * a.tiles_x) * T::TW, y0 = tile_y * T::TH;
    first = min(rank * a.share, g.active), count = min(a.share, g.active - first);
    width = g.basis_width;
    part_floats = warpgroup_part_floats(g.active, g.passive), group_floats = warpgroup_group_floats(g.active, g.passive);
    const int columns = a.passes * T::columns * T::column_groups;
    const WarpgroupMemory at = T::memory({g.active, g.passive, width, a.share, columns, a.shifts});
    tiles = dynamic;
    results = reinterpret_cast<float*>(dynamic + at.results), mix = reinterpret_cast<float*>(dynamic + at.mix);
    filters = reinterpret_cast<float*>(dynamic + at.filters);
    gate_rows = reinterpret_cast<float*>(dynamic + at.gate_rows);
    tiles_full = reinterpret_cast<uint64_t*>(dynamic + at.barriers);
    constants_full = tiles_full + T::stages, mix_full = constants_full + 1;
    gates = reinterpret_cast<float*>(dynamic + at.gates);
    parts = reinterpret_cast<float*>(dynamic + at.parts), found = reinterpret_cast<float*>(dynamic + at.found);
  }

  /// The first of the thread's neighbouring pixels, of the tile.
  __device__ __forceinline__ int pixel() const {
    return (warp / 4 % T::pixel_groups * 4 + warp % 4) * 16 * T::tiles + lane / 4 * T::together;
  }
  /// The first group of eight output channels that the warp-group has in a pass, of the block's.
  __device__ __forceinline__ int group(int pass) const {
    return (pass * T::column_groups + warp / 4 / T::pixel_groups) * (T::columns / 8);
  }

  int thread, lane, warp;
  int rank, x0, y0;              // in the cluster; of the tile in the image
  int first, count, width;       // active channels that this block convolves; coefficients
  int part_floats, group_floats; // of the mixing's weights

  unsigned char* tiles;          // [stages] of a chunk's channels
  float* results;                // [padded active][pixels], of all blocks of the cluster
  float* mix;                    // groups of eight output channels
  float *filters, *gate_rows;    // [count][taps | basis], [active][scale | shift]
  float* gates;                  // [padded active][2]
  float *parts, *found;          // [warps][width]
  uint64_t *tiles_full, *constants_full, *mix_full;
};

}  // namespace ablate::kernels::cuda
