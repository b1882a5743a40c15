#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/measure/result.hpp"

#include <cstdint>
#include <vector>

/// The room where numbers come from: `count` for what a block costs on paper, `sample` for what a clock says.
/// The results are plain values (result.hpp), so that records and reports need no torch.

namespace ablate {

/// Parameters, buffers, multiplications and least traffic of one call on `input`, which decides the dtype
/// that bytes are counted in. Runs the block once, on the CPU, in inference mode; what it multiplies is read
/// off the operations that it really calls, so each form counts for what it runs; `fused`, one call that
/// hides them, counts for those of `folded`. The rule of each operation is in docs/measuring.md.
Counts count(Block& block, const torch::Tensor& input);

/// The direct children, in the order of the state dict; the block's own parameters come first, under "(own)".
std::vector<Part> parts(const torch::nn::Module& module);

/// Elements of all parameters.
std::int64_t count_parameters(const torch::nn::Module& module);
/// Elements of all buffers.
std::int64_t count_buffers(const torch::nn::Module& module);

struct Sampled {
  std::vector<double> samples_s;  ///< one a timed call
  double spent_s = 0;             ///< warm-up and samples together
};

/// The notebook's protocol: `warmup` calls that are thrown away, then `repeat` calls timed one by one with
/// the steady clock; on CUDA the device is synchronised before and after each. Inference mode; the last
/// output lives until the next one exists, as it does in Python.
Sampled sample(Block& block, const torch::Tensor& input, std::int64_t warmup, std::int64_t repeat);

}  // namespace ablate
