#include "ablate/check/convert.hpp"

#include "ablate/blocks/infer.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/weights/state_dict.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

NamedTensors below(const NamedTensors& weights, const std::string& prefix) {
  NamedTensors found;
  for (const auto& item : weights)
    if (item.key().starts_with(prefix)) found.insert(item.key().substr(prefix.size()), item.value());
  return found;
}

/// The dtype that the block computes in: that of its first floating-point tensor.
torch::Dtype dtype_of(const NamedTensors& tensors) {
  for (const auto& item : tensors)
    if (item.value().is_floating_point()) return item.value().scalar_type();
  return torch::kFloat;
}

int64_t channels_of(const Options& options) {
  for (const auto* name : {"in_channels", "channels"})
    if (const auto found = options.find(name); found != options.end())
      return std::get<int64_t>(found->second);
  return 8;
}

void refuse_deployed(const NamedTensors& tensors, std::string_view where) {
  for (const auto& item : tensors)
    if (item.key().find("fused_conv.") != std::string::npos ||
        item.key().find("reparam_conv.") != std::string::npos)
      throw UserError(where, fmt::format("\"{}\": these weights are deployed already", item.key()),
                      "weights of the train form");
}

/// Reduced precision cannot show whether the algebra is right, so the check runs on a copy in float32 or
/// more.
Difference compare_forms(Block& trained, Block& converted, int64_t channels, torch::Dtype dtype) {
  const auto wide = dtype == torch::kDouble ? torch::kDouble : torch::kFloat;
  torch::manual_seed(0);
  const auto input = torch::randn({2, channels, 32, 32}, wide);
  for (auto* block : {&trained, &converted}) {
    block->module().to(wide);
    block->module().eval();
  }
  const auto tolerance = dtype == torch::kDouble ? 1e-12 : dtype == torch::kFloat ? 1e-5 : 2e-2;
  return compare("output", converted.run(input).front(), trained.run(input).front(), tolerance);
}

}  // namespace

Shapes shapes_of(const NamedTensors& tensors) {
  Shapes shapes;
  for (const auto& item : tensors) shapes.emplace(item.key(), item.value().sizes().vec());
  return shapes;
}

Converted convert_weights(std::string_view block, const Options& given, Form form,
                          const NamedTensors& weights, const std::string& prefix, std::string_view where) {
  torch::NoGradGuard no_grad;
  const auto& type = block_type(block, "--block");
  const auto trained_weights = below(weights, prefix);
  if (trained_weights.is_empty())
    throw UserError(where, fmt::format("no tensor begins with \"{}\"", prefix),
                    "the prefix of a block's weights");
  refuse_deployed(trained_weights, where);

  auto options = infer_options(block, shapes_of(trained_weights), given, where);
  for (const auto& [name, value] : given) options[name] = value;
  Converted result;
  result.options = complete(type.spec, options, fmt::format("{}.", block));

  const auto dtype = dtype_of(trained_weights);
  const auto make = [&](Form wanted) {
    auto made = make_block(block, result.options);
    made->module().to(dtype);
    load_state_dict(made->module(), trained_weights, where);
    made->switch_to(wanted);
    return made;
  };
  const auto trained = make(Form::train), converted = make(form);
  result.params_before = count_parameters(trained->module());
  result.params_after = count_parameters(converted->module());
  for (const auto& item : state_dict(converted->module()))
    result.tensors.insert(prefix + item.key(), item.value().clone());
  for (const auto& item : weights)
    if (!item.key().starts_with(prefix)) result.tensors.insert(item.key(), item.value());
  result.difference = compare_forms(*trained, *converted, channels_of(result.options), dtype);
  return result;
}

}  // namespace ablate
