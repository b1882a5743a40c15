#pragma once

#include "ablate/base/steady.hpp"
#include "ablate/base/terms.hpp"
#include "ablate/blocks/block.hpp"
#include "ablate/measure/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace ablate {

/// Takes one sample after another of a block on one input, on any of the clocks that its device has. Built
/// for a block that stands where it is to be measured (device, dtype, form); all calls run in inference mode.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Mean seconds of a call, over `calls(clock)` calls. Before a hot sample stands a call that is not timed:
  /// what ran before was another block. Before a cold one the caches are overwritten. Throws c10::Error where
  /// the block cannot be run, std::logic_error for a clock that is not there. A sample of `launch` comes with
  /// each one of `device`: asked for behind it, it is what those calls cost the calling thread, and runs
  /// none; asked for by itself, it takes both.
  virtual double sample(Clock clock) = 0;

  /// Why there is no such clock for this block; empty where there is one. On the CPU there is the host's
  /// alone.
  virtual std::string why_not(Clock clock) const = 0;
  virtual std::int64_t calls(Clock clock) const = 0;

  /// Calls the block once, without timing, and waits for it.
  virtual void call() = 0;
};

/// Calls in a sample, by clock; 0: to be found out, which takes some calls.
using Calls = std::array<std::int64_t, clock_names.size()>;

/// `block` must outlive the sampler. `cold` overwrites the caches before each timed call, on every clock.
/// `calls` are those of another instance of the same block, if there was one.
std::unique_ptr<Sampler> make_sampler(Block& block, const torch::Tensor& input, bool cold, Calls calls = {});

/// In a build with CUDA, for an input that is there (cuda_sampler.cpp).
std::unique_ptr<Sampler> make_cuda_sampler(Block& block, const torch::Tensor& input, bool cold, Calls calls);

/// What a clock itself does: the smallest step seen, and the seconds that reading it takes. Nothing is
/// subtracted from any sample; samples are made long enough not to care.
struct ClockFacts {
  double resolution_s = 0, overhead_s = 0;
};
ClockFacts measure_clock(Steady::time_point (*now)() = Steady::now);

/// Page faults of this process so far.
std::int64_t page_faults();

}  // namespace ablate
