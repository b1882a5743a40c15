#pragma once

#include "ablate/kernels/cuda/divisor.hpp"
#include "ablate/kernels/cuda/overlap.hpp"
#include "ablate/kernels/cuda/problem.hpp"

#include <optional>
#include <span>
#include <vector>

/// The scheme that keeps a sample's results on the chip until its gate is known, for batches of which some
/// samples fit at one time; see resident.cuh for the kernel.

namespace ablate::kernels::cuda {

constexpr int most_units = 8;   ///< tiles of a group in a sample, at most
constexpr int most_slots = 12;  ///< tiles that wait, for each of a sample

/// Arguments of `resident`; see DepthwiseGate for the tensors.
struct ResidentArguments {
  DepthwiseGate gate;
  Rendezvous meeting;
  int tiles_x, tiles;  ///< tiles along a row of the image; tiles of a plane
  int units;           ///< tiles of a group in a sample
  int slots;           ///< tiles whose results a group keeps
  int blocks;          ///< blocks of a sample
  int samples;         ///< samples under way at one time
  float inverse_area;
  Divisor by_tiles, by_tiles_x;
  int width_log2;  ///< of the basis
  int planes;      ///< from a sample to the next in the source
  bool paired;     ///< a tile of the passive channel of the same number goes with each tile
  bool wide;       ///< rows and pointers allow vectors of four
};

/// One compiled kernel of the family: a tile's size, and how a block works through tiles.
struct ResidentInstance {
  Element element;
  int kernel;                         ///< side of the depthwise kernel
  int tile_width, tile_height, rows;  ///< a tile; rows of it that a thread computes
  int groups, stages;
  bool boxes, passes;
  int threads;
  int (*group_bytes)(int units, int slots, int width);  ///< dynamic shared memory of a group
  const void* function;
  int box_width = 0;    ///< of the copy engine's boxes, where they are not as wide as a tile with its margins
  bool tended = false;  ///< a warp of each block tends the others: see resident_tended.cuh
  bool on_tensor = false;  ///< the convolution is done by the tensor cores: see resident_tensor.cuh
};

/// Every kernel that was compiled.
std::span<const ResidentInstance> resident_instances();

/// What each file of them adds.
void add_resident_float32(std::vector<ResidentInstance>& list);
void add_resident_float16(std::vector<ResidentInstance>& list);
void add_resident_bfloat16(std::vector<ResidentInstance>& list);
void add_resident_tensor(std::vector<ResidentInstance>& list);
void add_resident_kernels(std::vector<ResidentInstance>& list);

/// An instance with the numbers of one launch.
struct ResidentPlan : Arrangement {
  const ResidentInstance* instance = nullptr;
  int tiles_x = 0, tiles = 0, units = 0, slots = 0, shared_bytes = 0;
};

/// With `units` tiles a group and room for the results of `slots`: as many, or more of a tended instance,
/// whose gates may come so much later. Nothing where the device cannot run all of a sample's blocks at one
/// time, or the instance does not fit the problem. Asks the driver how many blocks a multiprocessor holds.
std::optional<ResidentPlan> plan_resident(const ResidentInstance& instance, const DepthwiseGate& problem,
                                          int units, int slots, int multiprocessors);

/// On `stream`. `meeting` is this plan's and this stream's own: zeros at first, [words], [grid].
cudaError_t launch_resident(const ResidentPlan& plan, const DepthwiseGate& problem, const Rendezvous& meeting,
                            cudaStream_t stream, Begin begin = Begin::behind);

}  // namespace ablate::kernels::cuda
