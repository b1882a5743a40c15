#include "ablate/blocks/fusable_block.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/measure/multiplications.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/batchnorm.h>

#include <algorithm>

namespace ablate {
namespace {

std::int64_t elements(const std::vector<torch::Tensor>& tensors) {
  std::int64_t total = 0;
  for (const auto& tensor : tensors) total += tensor.numel();
  return total;
}

/// Counters of batches are buffers too, but no forward pass in evaluation mode reads them.
std::int64_t elements_read(const torch::nn::Module& module) {
  auto total = elements(module.parameters());
  for (const auto& buffer : module.buffers())
    if (buffer.is_floating_point()) total += buffer.numel();
  return total;
}

/// Views of the input move nothing.
std::int64_t least_traffic(const torch::nn::Module& module, const torch::Tensor& input,
                           const Outputs& outputs) {
  const auto is_view = [&](const torch::Tensor& output) { return output.is_alias_of(input); };
  if (std::ranges::all_of(outputs, is_view)) return 0;
  auto total = input.numel() + elements_read(module);
  for (const auto& output : outputs)
    if (!is_view(output)) total += output.numel();
  return total * input.element_size();
}

std::string type_of(const torch::nn::Module& module) {
  if (const auto* conv = module.as<torch::nn::Conv2dImpl>())
    return fmt::format("Conv2d {}x{}, {} -> {}", conv->options.kernel_size()->at(0),
                       conv->options.kernel_size()->at(1), conv->options.in_channels(),
                       conv->options.out_channels());
  if (const auto* norm = module.as<torch::nn::BatchNorm2dImpl>())
    return fmt::format("BatchNorm2d, {}", norm->options.num_features());
  auto name = module.name();
  if (const auto colon = name.rfind(':'); colon != std::string::npos) name = name.substr(colon + 1);
  constexpr std::string_view suffix = "Impl";
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

}  // namespace

std::int64_t count_parameters(const torch::nn::Module& module) { return elements(module.parameters()); }
std::int64_t count_buffers(const torch::nn::Module& module) { return elements(module.buffers()); }

Counts count(Block& block, const torch::Tensor& input) {
  torch::InferenceMode inference;
  auto& module = block.module();
  Counts counts;
  counts.params = count_parameters(module);
  counts.buffers = count_buffers(module);
  const UnfusedGuard seen;
  Outputs outputs;
  counts.macs = multiplications([&] { outputs = block.run(input); });
  counts.bytes = least_traffic(module, input, outputs);
  return counts;
}

std::vector<Part> parts(const torch::nn::Module& module) {
  std::vector<Part> parts;
  const auto own = elements(module.parameters(false)), own_buffers = elements(module.buffers(false));
  if (own + own_buffers > 0) parts.push_back({"(own)", type_of(module), own, own_buffers});
  for (const auto& child : module.named_children())
    parts.push_back({child.key(), type_of(*child.value()), count_parameters(*child.value()),
                     count_buffers(*child.value())});
  return parts;
}

}  // namespace ablate
