#include "ablate/base/steady.hpp"
#include "ablate/measure/measure.hpp"

#include <c10/core/InferenceMode.h>
#include <torch/cuda.h>

namespace ablate {
namespace {

template <typename Synchronise>
Sampled sample_with(Block& block, const torch::Tensor& input, std::int64_t warmup, std::int64_t repeat,
                    Synchronise synchronise) {
  Sampled result;
  result.samples_s.reserve(static_cast<std::size_t>(repeat));
  Outputs outputs;
  const auto begin = Steady::now();
  for (std::int64_t call = 0; call < warmup; ++call) {
    outputs = block.run(input);
    synchronise();
  }
  for (std::int64_t call = 0; call < repeat; ++call) {
    synchronise();
    const auto before = Steady::now();
    outputs = block.run(input);
    synchronise();
    result.samples_s.push_back(seconds_since(before));
  }
  result.spent_s = seconds_since(begin);
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
