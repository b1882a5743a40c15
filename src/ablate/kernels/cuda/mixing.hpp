#pragma once

#include "ablate/kernels/cuda/problem.hpp"

#include <optional>
#include <span>
#include <vector>

/// FastSTMBlock in one launch: depthwise convolution, gate, and the pointwise convolution that mixes active
/// and passive channels; see mixing.cuh for the kernel.

namespace ablate::kernels::cuda {

/// `gate.active_out` and `gate.passive_out` are not used: the mixed channels take their place.
struct Mixing {
  DepthwiseGate gate;
  Planes output;
  int channels = 0;  ///< of the output
  bool relu = true;
  const float* mix = nullptr;       ///< packed_mix_floats(): fragments of [channels, active + passive]
  const float* mix_bias = nullptr;  ///< [channels, up to a multiple of 16]
};

/// Rows and columns as the tensor cores take them: output channels by 16, active and passive channels by 8
/// each.
ABLATE_HOST_DEVICE constexpr int row_tiles(int channels) { return (channels + 15) / 16; }
ABLATE_HOST_DEVICE constexpr int column_steps(int active, int passive) {
  return (active + 7) / 8 + (passive + 7) / 8;
}

/// The packed weights: [column steps][row tiles][32 lanes][4], as mma.m16n8k8 has them.
ABLATE_HOST_DEVICE constexpr int64_t packed_mix_floats(int channels, int active, int passive) {
  return static_cast<int64_t>(row_tiles(channels)) * column_steps(active, passive) * 128;
}
/// Where row `m`, column `k` (of active channels first, then the passive) lies among them.
ABLATE_HOST_DEVICE constexpr int64_t packed_mix_index(int m, int k, int channels, int active) {
  const int step = k < active ? k / 8 : (active + 7) / 8 + (k - active) / 8,
            column = (k < active ? k : k - active) % 8;
  const int lane = m % 8 * 4 + column % 4, item = m % 16 / 8 + column / 4 * 2;
  return ((static_cast<int64_t>(step) * row_tiles(channels) + m / 16) * 32 + lane) * 4 + item;
}

struct MixingArguments {
  Mixing mixing;
  Rendezvous meeting;
  int tiles_x, blocks,
      samples;     ///< tiles along a row; blocks, which are tiles, of a sample; samples under way
  int planes;      ///< from a sample to the next in the source
  int width_log2;  ///< of the basis
  float inverse_area;
  bool wide;     ///< rows and pointers allow vectors of four
  bool overlay;  ///< the active channels' weights take the place of the tiles, once these are used
};

/// What a block's shared memory depends on.
struct MixingShape {
  int active, passive, channels, width;
};

/// Offsets in a block's dynamic shared memory, bytes.
struct MixingMemory {
  int results, passed, weights_passive, weights_active, floats, total;
};

struct MixingInstance {
  Element element;
  int kernel;
  int tile_width, tile_height, rows;
  int threads, chunk;  ///< of a block; channels at one time
  int row_tiles;       ///< row tiles of 16 output channels that a warp has at one time
  bool boxes;
  bool exact;  ///< three TF32 products for one of float32; otherwise one
  int stages;
  bool keeps_weights;  ///< in shared memory
  int in_width;        ///< of a tile in shared memory
  MixingMemory (*memory)(const MixingShape& shape, bool overlay);
  const void* function;
};

std::span<const MixingInstance> mixing_instances();

/// What each file of them adds.
void add_mixing_float32(std::vector<MixingInstance>& list);
void add_mixing_float16(std::vector<MixingInstance>& list);
void add_mixing_bfloat16(std::vector<MixingInstance>& list);
void add_mixing_kernels(std::vector<MixingInstance>& list);

struct MixingPlan : Arrangement {
  const MixingInstance* instance = nullptr;
  int tiles_x = 0, shared_bytes = 0;
  bool overlay = false;
};

/// Nothing where the device cannot run all blocks of a sample at one time, or the instance does not fit.
std::optional<MixingPlan> plan_mixing(const MixingInstance& instance, const Mixing& problem,
                                      int multiprocessors);

/// On `stream`; `meeting` as for launch_resident.
cudaError_t launch_mixing(const MixingPlan& plan, const Mixing& problem, const Rendezvous& meeting,
                          cudaStream_t stream, Begin begin = Begin::behind);

}  // namespace ablate::kernels::cuda
