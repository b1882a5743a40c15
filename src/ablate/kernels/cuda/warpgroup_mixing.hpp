#pragma once

#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/overlap.hpp"

/// FastSTMBlock in one launch on sm_90: the products by warp-groups, the weights in shared memory, tiles
/// shared by clusters of blocks; see warpgroup_mixing.cuh for the kernel, warpgroup_weights.hpp for what the
/// host prepares.

namespace ablate::kernels::cuda {

/// Device memory that warpgroup_weights.hpp lays out, all aligned to 16 bytes.
struct WarpgroupWeights {
  const float* filters = nullptr;  ///< [active][padded_taps | basis]
  const float* gates = nullptr;    ///< [active][scale | shift, if any]
  const float* mix = nullptr;      ///< groups of eight output channels, 16-bit weights as pairs
};

/// What a block's shared memory depends on.
struct WarpgroupShape {
  int active, passive, width, share,
      columns;  ///< of the basis; active channels and output channels of a block
  bool shifts;
};

/// Offsets in a block's dynamic shared memory, bytes; tiles begin at 0.
struct WarpgroupMemory {
  int results, mix, filters, gate_rows, barriers, gates, parts, found, total;
};

struct WarpgroupArguments {
  Mixing mixing;  ///< without weights
  WarpgroupWeights weights;
  Rendezvous meeting;
  int blocks;   ///< of a sample
  int samples;  ///< under way at one time
  int planes;   ///< from a sample to the next in the source
  int share;    ///< active channels that a block of the cluster convolves
  int passes;   ///< over the pixels, each for the traits' output channels
  bool shifts;  ///< the gate adds, too
  float inverse_area;
  WarpgroupMemory memory;
  int part_floats, group_floats;  ///< of the mixing's weights
  Overlap overlap;
};

struct WarpgroupInstance {
  Element element;
  int tile_width, tile_height, rows;
  int threads, chunk;       ///< of a block; channels at one time
  int tiles;                ///< of 64 pixels that a warp-group has
  int columns;              ///< output channels that a block has at one time
  int cluster;              ///< blocks that share a tile of pixels
  int ahead;                ///< steps of 16 passive channels on their way at one time
  bool early;               ///< these are asked for before the convolution
  bool boxes;               ///< tiles come by the copy engine, and rows are whole vectors
  bool overlaps;            ///< its launches may overlap with others, and have no active channels
  bool strips;              ///< the tensor cores convolve, too (warpgroup_strips.cuh); some channel is active
  int parts;                ///< of a tile's pixels, mixed one behind the other
  int in_width, in_height;  ///< of a box in shared memory
  double measured;          ///< its time by its estimate: what the compiler made of it
  WarpgroupMemory (*memory)(const WarpgroupShape& shape);
  const void* function;
};

std::span<const WarpgroupInstance> warpgroup_instances();

/// What each file of them adds.
void add_warpgroup_float32(std::vector<WarpgroupInstance>& list);
void add_warpgroup_float16(std::vector<WarpgroupInstance>& list);
void add_warpgroup_bfloat16(std::vector<WarpgroupInstance>& list);

struct WarpgroupPlan : Arrangement {
  const WarpgroupInstance* instance = nullptr;
  int tiles_x = 0, tiles_y = 0, share = 0, passes = 0;
  bool sparse = false;  ///< no clusters, and blocks on half of the multiprocessors at most
  WarpgroupMemory memory{};
};

/// Nothing where the device cannot run all blocks of a sample at one time, or the instance does not fit.
/// `problem.mix` and the gate's weights are not looked at, but for `gate.shift`.
std::optional<WarpgroupPlan> plan_warpgroup(const WarpgroupInstance& instance, const Mixing& problem,
                                            int multiprocessors);

/// On `stream`; `meeting` as for launch_resident, and none where the gate has no basis. An instance that does
/// not overlap takes no notice of `overlap`.
cudaError_t launch_warpgroup(const WarpgroupPlan& plan, const Mixing& problem,
                             const WarpgroupWeights& weights, const Rendezvous& meeting, cudaStream_t stream,
                             Overlap overlap = {});

}  // namespace ablate::kernels::cuda
