#pragma once

#include "ablate/kernels/cuda/choose.hpp"
#include "ablate/kernels/cuda/packed.hpp"

/// The pointwise convolutions before the depthwise one, where in != out: by warp-groups where these can, as a
/// FastSTMBlock's mixing of passive channels alone; otherwise by the general kernel.

namespace ablate::kernels::cuda {

/// One of them in one call's tensors.
struct Adjustment {
  const PackedPointwise* by = nullptr;
  Element element = Element::float32;
  int batch = 0, height = 0, width = 0;
  ConstPlanes input;  ///< of the channels that it reads
  Planes output;

  /// The same to the kernels by warp-groups.
  Mixing mixing() const;
};

/// Nothing where the general kernel takes it: where no warp-groups can, and, alone before the kernel `once`,
/// where all its tiles are computed at one time. What comes behind blocks that are no clusters comes sooner.
std::optional<WarpgroupPlan> choose_adjustment(const Adjustment& adjustment, const PackedBlock& block,
                                               const Device& device);

/// On `stream`. The general kernel begins early where it could begin beside, and lets the next begin at once.
cudaError_t launch_adjustment(const Adjustment& adjustment, const std::optional<WarpgroupPlan>& plan,
                              const general::Machine& machine, Overlap overlap, cudaStream_t stream);

}  // namespace ablate::kernels::cuda
