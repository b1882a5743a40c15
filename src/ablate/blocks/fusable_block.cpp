#include "ablate/blocks/fusable_block.hpp"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

thread_local bool unfused = false;

bool records_gradient(const torch::Tensor& input, const kernels::Weights& weights) {
  return at::GradMode::is_enabled() &&
         (input.requires_grad() ||
          std::ranges::any_of(weights, [](const auto* weight) { return weight->requires_grad(); }));
}

}  // namespace

UnfusedGuard::UnfusedGuard() : before_(std::exchange(unfused, true)) {}
UnfusedGuard::~UnfusedGuard() { unfused = before_; }

torch::Tensor FusableBlock::fused(std::string_view block, const torch::Tensor& input, bool draws) {
  const auto tensors = weights();
  if (records_gradient(input, tensors))
    throw UserError(
        fmt::format("{}.form", block), "a gradient of the form fused",
        "inference (under torch::NoGradGuard, or with nothing that requires a gradient); the form train is "
        "the one to train");
  if (draws)
    throw UserError(fmt::format("{}.form", block), "the form fused in training mode, with dropout",
                    "evaluation mode (module.eval()), or dropout_rate 0");
  if (!unfused && input.numel() > 0)
    if (const auto made = call_.made(tensors, [this] { return parts(); }); made->block)
      return (*made->block)(input);
  const torch::NoGradGuard no_grad;
  return by_operations(input).contiguous();
}

void FusableBlock::become_fused() {
  for (auto& parameter : module().parameters()) parameter.set_requires_grad(false);
  call_.forget();
}

std::optional<std::string> FusableBlock::no_kernel() const {
  const auto made = call_.made(weights(), [this] { return parts(); });
  return made->block ? std::nullopt : std::optional(made->why_not);
}

kernels::Scheme FusableBlock::scheme(const kernels::ImageShape& shape) const {
  return call_.made(weights(), [this] { return parts(); })->block.value().scheme(shape);
}

kernels::Pointwise pointwise_of(const torch::nn::Conv2d& conv, bool relu, int64_t from) {
  return {conv->weight.flatten(1), conv->bias, relu, from};
}

}  // namespace ablate
