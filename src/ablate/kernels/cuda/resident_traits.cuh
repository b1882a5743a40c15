#pragma once

// The shape of a block of resident.cuh: what is known when it is compiled, and where things lie in the shared
// memory of a group of threads.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/resident.hpp"

namespace ablate::kernels::cuda {

/// Dynamic shared memory of a group beside its stages and stash: what GroupMemory lays out.
template <typename T>
__host__ __device__ constexpr int small_bytes(int units, int width) {
  const int floats = 3 * units * width + 4 * units * T::group_warps + T::group_warps * width + 2 * width;
  return ((T::stages + 1) / 2 * 16 + units * 12 + floats * 4 + 127) / 128 * 128;
}

/// TW x TH: a tile; OH: rows of it that a thread computes, four columns wide; Boxes: tiles come by the copy
/// engine (sm_90), otherwise by cp.async; Passes: there are passive channels to copy.
template <typename E_, int K_, int TW_, int TH_, int OH_, int Groups_, int Stages_, bool Boxes_, bool Passes_,
          int MinBlocks_>
struct ResidentTraits {
  using Element = E_;
  static constexpr int K = K_, TW = TW_, TH = TH_, OH = OH_, groups = Groups_, stages = Stages_,
                       min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, passes = Passes_;

  static constexpr int group_threads = TW / 4 * (TH / OH), group_warps = group_threads / 32;
  static constexpr int threads = groups * group_threads;
  // A tile in shared memory begins and ends some columns outside: 16 bytes, as the copy engine wants it.
  static constexpr int margin = 16 / static_cast<int>(sizeof(Element));
  static constexpr int in_width = TW + 2 * margin, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int tile_bytes =
      (in_width * in_height * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stage_bytes = tile_bytes + (taps * 4 + 127) / 128 * 128;
  static constexpr int fetched_bytes = in_width * in_height * static_cast<int>(sizeof(Element)) + taps * 4;
  static constexpr int stash_bytes = group_threads * OH * 16;  // one tile of results, float
  static_assert(group_threads % 32 == 0 && TH % OH == 0);

  __host__ __device__ static constexpr int group_bytes(int units, int slots, int width) {
    return stages * stage_bytes + slots * stash_bytes + small_bytes<ResidentTraits>(units, width);
  }

  // The first output of a thread, within the tile.
  __device__ static constexpr int column_of(int thread) { return thread % (TW / 4) * 4; }
  __device__ static constexpr int row_of(int thread) { return thread / (TW / 4) * OH; }

  /// Called by one thread of a group: a tile by the copy engine, then its channel's kernel.
  __device__ __forceinline__ static void copy_tile(unsigned char* to, const CUtensorMap* map, int x, int y,
                                                   int plane, const float* kernel, uint64_t* barrier) {
    copy_box(to, map, x - margin, y - K / 2, plane, barrier);
    copy_row(to + tile_bytes, kernel, taps * 4, barrier);
  }

  // What comes with the first tile of a launch, for each of the group's tiles, beside the rows of the gate:
  // nothing.
  static constexpr int kernel_bytes = 0;
  __device__ __forceinline__ static void copy_kernel(const DepthwiseGate&, int, unsigned char*, uint64_t*) {}
};

/// Where a tile lies.
struct Unit {
  int channel, x, y;
};

/// A group's own shared memory.
template <typename T>
struct GroupMemory {
  __device__ __forceinline__ GroupMemory(unsigned char* base, int units, int slots, int width)
      : tiles(base),
        stash(base + T::stages * T::stage_bytes),
        full(reinterpret_cast<uint64_t*>(base + T::stages * T::stage_bytes + slots * T::stash_bytes)),
        rows(reinterpret_cast<float*>(full + (T::stages + 1) / 2 * 2)),
        tile_sums(rows + 3 * units * width),
        found(tile_sums + 2 * units * T::group_warps),
        parts(reinterpret_cast<unsigned*>(found + T::group_warps * width)),
        gates(found + T::group_warps * width + 2 * width),
        units(reinterpret_cast<Unit*>(gates + 2 * units * T::group_warps)) {}

  unsigned char* tiles;  ///< [stages]: a tile, then its channel's kernel
  unsigned char* stash;  ///< [slots]: results that wait for their gates
  uint64_t* full;        ///< [stages]
  float* rows;           ///< [units][3][width]: of basis, scale and shift
  float* tile_sums;      ///< [2][units][warps]
  float* found;          ///< [warps][width]: of the gathered coefficients
  unsigned* parts;       ///< [2][width]: of the coefficients, by this group; bits of floats
  float* gates;          ///< [warps][units][2]: scale and shift of each tile; a warp's own
  Unit* units;           ///< [units]
};

}  // namespace ablate::kernels::cuda
