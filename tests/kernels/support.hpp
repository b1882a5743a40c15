#pragma once

#include "ablate/blocks/fusable_block.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/check/check.hpp"
#include "ablate/measure/device.hpp"
#include "catch.hpp"

#include <torch/cuda.h>

#include <string>
#include <vector>

/// What tests of the fused form share. They run on every device that is here: a machine with a GPU tests
/// more.

namespace ablate::testing {

struct Place {
  torch::Device device;
  torch::Dtype dtype;

  std::string text() const { return device.str() + " " + c10::toString(dtype); }
  torch::TensorOptions options() const { return torch::TensorOptions().device(device).dtype(dtype); }
};

/// Where there are kernels.
inline std::vector<Place> places() {
  std::vector<Place> all{{torch::kCPU, torch::kFloat}};
  if (torch::cuda::is_available())
    for (const auto dtype : {torch::kFloat, torch::kHalf, torch::kBFloat16})
      all.push_back({torch::Device(torch::kCUDA, 0), dtype});
  return all;
}

/// Of the largest element: float32 as the issue of exactness has it, half precision a few of its roundings.
inline double tolerance_at(const Place& place) {
  return place.dtype == torch::kHalf ? 5e-3 : place.dtype == torch::kBFloat16 ? 4e-2 : 1e-5;
}

inline Options shape_options(std::int64_t in, std::int64_t out, std::int64_t kernel_size = 7) {
  return {{"in_channels", in}, {"out_channels", out}, {"kernel_size", kernel_size}};
}

/// In evaluation mode, with statistics as after training; the same weights for the same options in any form.
inline std::shared_ptr<FusableBlock> fusable(const std::string& name, const Options& options, Form form,
                                             const Place& place = {torch::kCPU, torch::kFloat}) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  const auto block = std::dynamic_pointer_cast<FusableBlock>(make_block(name, options));
  REQUIRE(block);
  randomise_batch_norms(block->module(), 0.5);
  block->module().eval();
  block->switch_to(form);
  block->module().to(place.device, place.dtype);
  return block;
}

/// The same in any dtype but for its rounding.
inline torch::Tensor image(torch::IntArrayRef sizes, const Place& place = {torch::kCPU, torch::kFloat}) {
  torch::manual_seed(6);
  return torch::randn(sizes, torch::kDouble).to(place.options());
}

/// No TF32, no gradient, as all comparisons of this room are made.
struct Exactly {
  MathMode math{false};
  torch::NoGradGuard no_grad;
};

}  // namespace ablate::testing
