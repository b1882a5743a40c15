#include "ablate/blocks/block.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ablate {

void move_module(torch::nn::Module& module, std::optional<torch::Device> device,
                 std::optional<torch::Dtype> dtype, bool non_blocking) {
  torch::NoGradGuard no_grad;
  const auto move = [&](torch::Tensor& tensor) {
    auto options = tensor.options();
    if (device) options = options.device(*device);
    if (dtype && tensor.is_floating_point()) options = options.dtype(*dtype);
    tensor.set_data(tensor.to(options, non_blocking));
  };
  for (auto& parameter : module.parameters()) move(parameter);
  for (auto& buffer : module.buffers()) move(buffer);
}

void copy_requires_grad(const torch::nn::Module& module, torch::nn::Module& copy) {
  const auto parameters = module.parameters();
  auto copies = copy.parameters();
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i].set_requires_grad(parameters[i].requires_grad());
}

torch::Dtype scalar_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32:
      return torch::kFloat;
    case Dtype::float64:
      return torch::kDouble;
    case Dtype::float16:
      return torch::kHalf;
    case Dtype::bfloat16:
      return torch::kBFloat16;
  }
  throw std::logic_error("no such dtype");
}

void check_input(std::string_view block, const torch::Tensor& input, int64_t channels,
                 const torch::Tensor& like) {
  if (input.dim() != 4 || input.size(1) != channels)
    throw UserError(fmt::format("{} input", block), fmt::format("[{}]", fmt::join(input.sizes(), ", ")),
                    fmt::format("[N, {}, H, W]", channels));
  if (input.scalar_type() != like.scalar_type())
    throw UserError(fmt::format("{} input", block), c10::toString(input.scalar_type()),
                    fmt::format("{}, as its weights", c10::toString(like.scalar_type())));
  if (input.device() != like.device())
    throw UserError(fmt::format("{} input", block), input.device().str(),
                    fmt::format("{}, where its weights are", like.device().str()));
}

void check_forward(std::string_view block, Form present, Form wanted) {
  if (wanted < present)
    throw UserError(fmt::format("{}.form", block), fmt::format("{}, from {}", name(wanted), name(present)),
                    "a form at least as deep: fused weights do not say which branch they came from");
}

}  // namespace ablate
