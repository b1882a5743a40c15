#pragma once

#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/once.hpp"
#include "ablate/kernels/cuda/resident.hpp"
#include "ablate/kernels/cuda/warpgroup_mixing.hpp"

#include <string>

/// Which instance takes a shape: the one that a small model of the machine expects to be done first. The
/// model counts what a multiprocessor issues, the loads of the rendezvous and its waits. Its constants were
/// fitted to measurements on an H200; docs/kernels.md says how well it chooses.

namespace ablate::kernels::cuda {

struct Device {
  int multiprocessors = 1;
  int major = 8;  ///< of the compute capability: 9 has the copy engine
};

/// What the model says of one launch, in cycles.
struct Estimate {
  double issue = 0;    ///< of the busiest multiprocessor
  double meeting = 0;  ///< waits for the coefficients that nothing hides
  double total() const { return issue + meeting; }
};

Estimate estimate(const OncePlan& plan, const DepthwiseGate& problem, const Device& device);
Estimate estimate(const ResidentPlan& plan, const DepthwiseGate& problem, const Device& device);
Estimate estimate(const MixingPlan& plan, const Mixing& problem, const Device& device);
Estimate estimate(const WarpgroupPlan& plan, const Mixing& problem, const Device& device);

/// Of the general kernels: three launches, and results that go through memory.
Estimate estimate_general(const Mixing& problem, const Device& device);

/// The best plan; nothing where no instance fits, or the general kernels are expected to be done first.
std::optional<OncePlan> choose_once(const DepthwiseGate& problem, const Device& device);
std::optional<ResidentPlan> choose_resident(const DepthwiseGate& problem, const Device& device);
std::optional<MixingPlan> choose_mixing(const Mixing& problem, const Device& device);
std::optional<WarpgroupPlan> choose_warpgroup(const Mixing& problem, const Device& device);

/// "64 x 32 tiles by the copy engine, 128 blocks of 1 x 128 threads, all samples at once".
std::string describe(const OncePlan& plan);
std::string describe(const ResidentPlan& plan);
std::string describe(const MixingPlan& plan);
std::string describe(const WarpgroupPlan& plan);

}  // namespace ablate::kernels::cuda
