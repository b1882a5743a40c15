#include "ablate/measure/measure.hpp"

#include <c10/core/InferenceMode.h>
#include <torch/cuda.h>

#include <chrono>

namespace ablate {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

template <typename Synchronise>
Sampled sample_with(Block& block, const torch::Tensor& input, std::int64_t warmup, std::int64_t repeat,
                    Synchronise synchronise) {
  Sampled result;
  result.samples_s.reserve(static_cast<std::size_t>(repeat));
  Outputs outputs;
  const auto begin = Clock::now();
  for (std::int64_t call = 0; call < warmup; ++call) {
    outputs = block.run(input);
    synchronise();
  }
  for (std::int64_t call = 0; call < repeat; ++call) {
    synchronise();
    const auto before = Clock::now();
    outputs = block.run(input);
    synchronise();
    result.samples_s.push_back(seconds_between(before, Clock::now()));
  }
  result.spent_s = seconds_between(begin, Clock::now());
  return result;
}

}  // namespace

Sampled sample(Block& block, const torch::Tensor& input, std::int64_t warmup, std::int64_t repeat) {
  torch::InferenceMode inference;
  if (!input.is_cuda()) return sample_with(block, input, warmup, repeat, [] {});
  const auto device = input.device().index();
  return sample_with(block, input, warmup, repeat, [device] { torch::cuda::synchronize(device); });
}

}  // namespace ablate
