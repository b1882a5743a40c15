#pragma once

#include "ablate/kernels/cuda/divisor.hpp"
#include "ablate/kernels/cuda/once_tiles.hpp"
#include "ablate/kernels/cuda/overlap.hpp"
#include "ablate/kernels/cuda/problem.hpp"

#include <optional>
#include <span>
#include <vector>

/// The scheme `resident` where all samples fit at one time: each block has one tile, which stays in registers
/// until its gate is known; see once.cuh for the kernel.

namespace ablate::kernels::cuda {

/// Arguments of `once`; see DepthwiseGate for the tensors. What a block needs before it can ask for its tile
/// stands first: each line of arguments that is touched has its latency.
struct OnceArguments {
  Divisor by_tiles, by_tiles_x;
  int first_sample;        ///< of the launch
  int planes;              ///< from a sample to the next in the source
  int row_floats;          ///< of the gate
  int box_bytes;           ///< of a block's tile
  const float* gain_rows;  ///< the gate's
  OnceTiling tiling;
  DepthwiseGate gate;
  Rendezvous meeting;
  Divisor by_columns, by_plane_threads;
  Divisor by_in_row, by_in_height;  ///< of the tile with its margins, by a row's vectors; see `loaded`
  int blocks;                       ///< of a sample
  int patience;       ///< cycles that a block waits for the others before it does their part itself
  int together_log2;  ///< of the threads of a plane in one warp
  int shares;         ///< such parts of a plane
  float inverse_area;
  Next next;
  bool paired;         ///< a tile of the passive channel of the same number goes with each tile
  bool wide;           ///< rows and pointers allow vectors of four
  bool stacked;        ///< they do not, and tiles are as wide as the image: rows leave as they lie in memory
  bool passing_fours;  ///< passive channels not `paired` go by vectors of four
  int passing, share;  ///< their vectors, or elements, of a sample; of a block
  Divisor by_passing;  ///< those of a plane
  int source_gap;      ///< elements from the end of a plane to the next
  int loaded;          ///< elements of a row that are loaded where not `wide`: by_in_row divides by them,
                       ///< by_in_height by the image's rows
};

/// One compiled kernel of the family.
struct OnceInstance {
  Element element;
  int kernel;        ///< side of the depthwise kernel
  int rows;          ///< that a thread computes
  int most_threads;  ///< of a block
  bool boxes;        ///< tiles come by the copy engine
  bool passes;       ///< there are passive channels to copy
  const void* function;
};

/// Every kernel that was compiled.
std::span<const OnceInstance> once_instances();

/// What each file of them adds.
void add_once_float32(std::vector<OnceInstance>& list);
void add_once_float16(std::vector<OnceInstance>& list);
void add_once_bfloat16(std::vector<OnceInstance>& list);
void add_once_kernels(std::vector<OnceInstance>& list);

/// An instance with the numbers of a launch.
struct OncePlan : Arrangement {
  const OnceInstance* instance = nullptr;
  OnceTiling tiling;
  int threads = 0, shared_bytes = 0;

  /// Of the rendezvous: [samples, word_copies, channels, tiles] of word_stride each.
  std::size_t words(const DepthwiseGate& problem) const {
    return static_cast<std::size_t>(samples) * word_copies * static_cast<std::size_t>(problem.active) *
           static_cast<std::size_t>(tiling.tiles) * word_stride;
  }
};

/// What the instance's tilings of the problem depend on.
OnceCut once_cut(const OnceInstance& instance, const DepthwiseGate& problem);

/// As many launches (`rounds`) as there are times the samples that the device runs at one time. Nothing where
/// the instance does not fit the problem, or not even one sample's blocks run at one time. They need not: a
/// block that waits long does what it waits for. But then others are quicker.
std::optional<OncePlan> plan_once(const OnceInstance& instance, const DepthwiseGate& problem,
                                  const OnceTiling& tiling, int multiprocessors);

/// On `stream`. `meeting` is this plan's and this stream's own: zeros at first, [words], [grid].
cudaError_t launch_once(const OncePlan& plan, const DepthwiseGate& problem, const Rendezvous& meeting,
                        cudaStream_t stream, Begin begin = Begin::behind);

}  // namespace ablate::kernels::cuda
