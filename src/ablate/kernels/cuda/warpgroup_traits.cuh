#pragma once

// The shape of a block of warpgroup_mixing.cuh: what is known when it is compiled, and where things lie in
// its shared memory.

#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/warpgroup_mixing.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <cuda_fp16.h>

#include <type_traits>

namespace ablate::kernels::cuda {

/// Columns that keep the rows of a tile of 16-bit elements in banks that differ: 16 lanes, TW / 4 of a row,
/// then those OH rows lower, read 8 bytes each at one time.
constexpr int pad_of_halves(int tile_width, int tile_height, int rows) {
  const int width = tile_width + 16;
  const bool collide = tile_width < 64 && rows < tile_height && rows * width % 64 == 0;
  return collide && rows * (width + 8) % 64 != 0 ? 8 : 0;
}

/// Tiles: of 64 pixels, that a warp-group has; Columns: output channels that it has at one time; Cluster:
/// blocks that share a tile of pixels, each with a part of the channels; Ahead: steps of 16 passive channels
/// on their way from memory; Early: these are asked for before the convolution; Apart: the small products
/// have sums of their own; Boxes: rows are whole vectors, tiles come by the copy engine; otherwise rows are
/// of any width, and come and go element by element.
template <typename E_, int TW_, int TH_, int OH_, int Threads_, int Tiles_, int Columns_, int Cluster_,
          int Stages_, int Ahead_, bool Early_, bool Apart_, int MinBlocks_, bool Boxes_ = true>
struct WarpgroupTraits {
  using Element = E_;
  using Result = float;  // of the convolution
  static constexpr int element_bytes = sizeof(Element);
  static constexpr bool halves = element_bytes == 2;
  // What the tensor cores multiply: the elements, or float16 of which two make a float32.
  using Factor = std::conditional_t<halves, Element, __half>;
  static constexpr float scale = halves ? 1 : warpgroup_activation_scale;  // of activations on their way there
  static constexpr int K = 7, TW = TW_, TH = TH_, OH = OH_, threads = Threads_, tiles = Tiles_,
                       columns = Columns_;
  static constexpr int cluster = Cluster_, stages = Stages_, ahead = Ahead_, min_blocks = MinBlocks_;
  // Fragments, of which one is written while the products of the other are under way, where registers last.
  static constexpr int turns = !halves && tiles * columns > 64 ? 1 : 2;
  static constexpr bool early = Early_, apart = Apart_, boxes = Boxes_, strips = false;
  static constexpr int parts = 1;  // of the pixels, one behind the other
  static constexpr bool overlaps = OH < 8;  // of so many rows the convolution has no register to spare for it

  static constexpr int warps = threads / 32;
  static constexpr int pixels = TW * TH, together = 2 * tiles;  // neighbours that a thread has
  static constexpr int pixel_groups = pixels / (64 * tiles), column_groups = threads / 128 / pixel_groups;
  static constexpr int lanes = TW / 4 * (TH / OH);  // that share a channel of the convolution
  static constexpr int chunk = threads / lanes;     // channels at one time
  // Columns before a tile, as the copy engine wants them.
  static constexpr int margin = 16 / element_bytes;
  // Eight lanes read 16 columns of two rows at one time: from banks that differ.
  static constexpr int pad = halves                                         ? pad_of_halves(TW, TH, OH)
                             : TW == 16 && OH * (TW + 2 * margin) % 32 == 0 ? 4
                                                                            : 0;
  static constexpr int in_width = TW + 2 * margin + pad, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int channel_elements = in_width * in_height;
  static constexpr int tile_bytes =
      (chunk * channel_elements * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stride = pixels + 8;  // from a channel to the next: other banks
  static_assert(threads % 128 == 0 && pixels % (64 * tiles) == 0 && threads / 128 % pixel_groups == 0);
  static_assert(lanes <= 32 && 32 % lanes == 0 && TH % OH == 0 && TW % 4 == 0 && chunk <= 256 &&
                columns % 8 == 0);
  static_assert(boxes || !halves);  // no asynchronous copy is smaller than four bytes
  static_assert(ahead <= 2 && ahead * tiles % turns == 0);  // passive channels are padded to 32, fragments take turns

  /// Of a pixel of a channel, among the results.
  __device__ __forceinline__ static int place(int channel, int pixel) { return channel * stride + pixel; }
};

/// Where things lie in a block's shared memory.
template <typename T>
WarpgroupMemory warpgroup_memory(const WarpgroupShape& s) {
  WarpgroupMemory at{};
  const int gate_row = s.width * (s.shifts ? 2 : 1), padded = padded_active(s.active);
  const int result_bytes = padded * T::stride * static_cast<int>(sizeof(typename T::Result));
  at.results = s.active > 0 ? T::stages * T::tile_bytes : 0;
  at.mix = (at.results + result_bytes + 127) / 128 * 128;
  at.filters = at.mix + s.columns / warpgroup_eight *
                            warpgroup_group_floats(s.active, s.passive, T::element_bytes) * 4;
  at.gate_rows = at.filters + s.share * (T::taps + s.width) * 4;
  at.barriers = at.gate_rows + s.active * gate_row * 4;
  at.gates = at.barriers + (T::stages + 3 + 1) / 2 * 16;
  at.parts = at.gates + padded * 8;
  at.found = at.parts + T::warps * s.width * 4;
  at.total = at.found + T::warps * s.width * 4;
  return at;
}

/// A thread's view of its block, made anew for each phase, from the thread's number as read then: whatever
/// the compiler derives from it is not kept in registers over the convolution, which needs nearly all of
/// them.
template <typename T>
struct WarpgroupBlock {
  using E = typename T::Element;

  /// `part` of the tile's pixels, where the warp-groups have them one part behind the other.
  __device__ __forceinline__ explicit WarpgroupBlock(const WarpgroupArguments& arguments, int part_ = 0)
      : a(arguments), part(part_), thread(thread_number()), lane(thread % 32), warp(thread / 32) {}

  /// Of the tile in the image.
  __device__ __forceinline__ int x0() const { return blockIdx.x / T::cluster * T::TW; }
  __device__ __forceinline__ int y0() const { return blockIdx.y * T::TH; }
  /// The block's number among those of a sample.
  __device__ __forceinline__ int number() const { return blockIdx.y * gridDim.x + blockIdx.x; }

  __device__ __forceinline__ int width() const { return a.mixing.gate.basis_width; }
  __device__ __forceinline__ int rank() const { return blockIdx.x % T::cluster; }
  /// The active channels that this block convolves.
  __device__ __forceinline__ int first() const { return min(rank() * a.share, a.mixing.gate.active); }
  __device__ __forceinline__ int count() const { return min(a.share, a.mixing.gate.active - first()); }

  /// The first of the thread's neighbouring pixels, of the tile.
  __device__ __forceinline__ int pixel() const {
    const int group = part * T::pixel_groups + warp / 4 % T::pixel_groups;
    return (group * 4 + warp % 4) * 16 * T::tiles + lane / 4 * T::together;
  }
  /// The first group of eight output channels that the warp-group has in a pass, of the block's.
  __device__ __forceinline__ int group(int pass) const {
    const int among = T::column_groups > 1 ? warp / 4 / T::pixel_groups : 0;
    return (pass * T::column_groups + among) * (T::columns / 8);
  }
  /// The first output channel of a group of the block.
  __device__ __forceinline__ int channel(int group) const {
    return rank() * a.passes * T::column_groups * T::columns + group * 8;
  }

  __device__ __forceinline__ unsigned char* tiles(int stage) const {
    return general::shared_memory() + stage * T::tile_bytes;
  }
  __device__ __forceinline__ typename T::Result* results() const {
    return reinterpret_cast<typename T::Result*>(general::shared_memory() + a.memory.results);
  }  // [padded active][pixels], see T::place
  __device__ __forceinline__ float* mix(int group) const {
    return floats(a.memory.mix) + group * a.group_floats;
  }
  __device__ __forceinline__ float* filters() const {
    return floats(a.memory.filters);
  }  // [count][taps | basis]
  __device__ __forceinline__ float* gate_rows() const {
    return floats(a.memory.gate_rows);
  }  // [active][scale | shift]
  __device__ __forceinline__ float* gates() const { return floats(a.memory.gates); }  // [padded active][2]
  __device__ __forceinline__ float* parts() const { return floats(a.memory.parts); }  // [warps][width]
  __device__ __forceinline__ float* found() const { return floats(a.memory.found); }  // [warps][width]
  __device__ __forceinline__ uint64_t* tile_full(int stage) const {
    return reinterpret_cast<uint64_t*>(general::shared_memory() + a.memory.barriers) + stage;
  }
  __device__ __forceinline__ uint64_t* constants_full() const { return tile_full(T::stages); }
  __device__ __forceinline__ uint64_t* mix_full() const { return tile_full(T::stages + 1); }
  __device__ __forceinline__ uint64_t* results_full() const {
    return tile_full(T::stages + 2);
  }  // of the other blocks

  const WarpgroupArguments& a;
  const int part, thread, lane, warp;

 private:
  __device__ __forceinline__ static float* floats(int at) {
    return reinterpret_cast<float*>(general::shared_memory() + at);
  }
};

}  // namespace ablate::kernels::cuda
