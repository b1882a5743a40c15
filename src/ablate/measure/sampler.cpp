#include "ablate/measure/sampler.hpp"

#include "ablate/measure/cache_sweep.hpp"

#include <c10/core/InferenceMode.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace ablate {
namespace {

/// Long beside the clock's own 20 to 50 ns, and long enough that the call before it, which is not timed,
/// costs little; a call that takes a good part of a second is a sample by itself.
constexpr double least_sample_s = 1e-3, longest_pair_s = 0.1;
constexpr std::int64_t most_calls = 256;

class CpuSampler : public Sampler {
 public:
  CpuSampler(Block& block, const torch::Tensor& input, bool cold, std::int64_t calls)
      : block_(block), input_(input), cold_(cold), calls_(cold ? 1 : calls) {
    call();
    if (calls_ == 0) calibrate();
  }

  double sample(Clock) override {
    const c10::InferenceMode inference;
    if (cold_)
      overwrite_caches();
    else
      output_ = block_.run(input_);
    return timed(calls_);
  }

  std::string why_not(Clock clock) const override {
    return clock == Clock::host ? std::string() : "the CPU has one clock, the host's";
  }
  std::int64_t calls(Clock) const override { return calls_; }

  void call() override {
    const c10::InferenceMode inference;
    output_ = block_.run(input_);
  }

 private:
  /// The output of one call lives until the next one exists, as it does in Python.
  double timed(std::int64_t calls) {
    const auto before = Steady::now();
    for (std::int64_t call = 0; call < calls; ++call) output_ = block_.run(input_);
    return seconds_since(before) / static_cast<double>(calls);
  }

  /// The shortest of a few tells what a call takes when nothing comes between.
  void calibrate() {
    const c10::InferenceMode inference;
    double shortest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 3; ++i) shortest = std::min(shortest, timed(1));
    const auto wanted = std::ceil(least_sample_s / std::max(shortest, 1e-9));
    const auto least = std::int64_t{shortest < longest_pair_s ? 2 : 1};
    calls_ = std::clamp(static_cast<std::int64_t>(wanted), least, most_calls);
  }

  Block& block_;
  torch::Tensor input_;
  bool cold_;
  std::int64_t calls_;  ///< 0 until it is known
  Outputs output_;
};

}  // namespace

std::unique_ptr<Sampler> make_sampler(Block& block, const torch::Tensor& input, bool cold, Calls calls) {
  if (input.is_cuda()) return make_cuda_sampler(block, input, cold, calls);
  return std::make_unique<CpuSampler>(block, input, cold, calls[0]);
}

ClockFacts measure_clock(Steady::time_point (*now)()) {
  constexpr int readings = 20000;
  ClockFacts facts{std::numeric_limits<double>::infinity(), 0};
  const auto begin = now();
  auto last = begin;
  for (int i = 0; i < readings; ++i) {
    const auto next = now();
    if (next > last) facts.resolution_s = std::min(facts.resolution_s, seconds_between(last, next));
    last = next;
  }
  facts.overhead_s = seconds_between(begin, last) / readings;
  return facts;
}

std::int64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

}  // namespace ablate
