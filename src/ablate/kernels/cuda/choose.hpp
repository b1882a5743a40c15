#pragma once

#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/resident.hpp"

#include <string>

/// Which instance takes a shape: the one that a small model of the machine expects to be done first. The model
/// counts what a multiprocessor issues, the loads of the rendezvous and its waits; docs/kernels.md says how far
/// it may be trusted.

namespace ablate::kernels::cuda {

struct Device {
  int multiprocessors = 1;
  int major = 8;  ///< of the compute capability: 9 has the copy engine
};

/// What the model says of one launch, in cycles.
struct Estimate {
  double issue = 0;     ///< of the busiest multiprocessor
  double meeting = 0;   ///< waits for the coefficients that nothing hides
  double total() const { return issue + meeting; }
};

Estimate estimate(const ResidentPlan& plan, const DepthwiseGate& problem, const Device& device);
Estimate estimate(const MixingPlan& plan, const Mixing& problem, const Device& device);

/// The best plan; nothing where no instance fits, and the general kernels take over.
std::optional<ResidentPlan> choose_resident(const DepthwiseGate& problem, const Device& device);
std::optional<MixingPlan> choose_mixing(const Mixing& problem, const Device& device);

/// "64 x 32 tiles by the copy engine, 128 blocks of 1 x 128 threads, all samples at once".
std::string describe(const ResidentPlan& plan);
std::string describe(const MixingPlan& plan);

}  // namespace ablate::kernels::cuda
