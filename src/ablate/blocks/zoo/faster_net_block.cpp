#include "ablate/blocks/zoo/faster_net_block.hpp"

#include <fmt/format.h>

namespace ablate {

PartialConvImpl::PartialConvImpl(PartialConvOptions options_) : options(std::move(options_)) {
  const auto& o = options;
  require(o.partial_divisor() >= 1, "PartialConv.partial_divisor", o.partial_divisor(), "at least 1");
  require(o.channels() >= o.partial_divisor(), "PartialConv.channels", o.channels(),
          fmt::format("at least {}, so that one is convolved", o.partial_divisor()));
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "PartialConv.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  reset();
}

void PartialConvImpl::reset() {
  const auto active = options.active();
  conv =
      register_module("partial_conv3", torch::nn::Conv2d(same_conv(active, active, options.kernel_size())));
}

torch::Tensor PartialConvImpl::forward(const torch::Tensor& input) {
  check_input("PartialConv", input, options.channels(), conv->weight);
  const auto parts = input.split_with_sizes({options.active(), options.channels() - options.active()}, 1);
  return torch::cat({conv(parts[0]), parts[1]}, 1);
}

FasterNetBlockImpl::FasterNetBlockImpl(FasterNetBlockOptions options_) : options(std::move(options_)) {
  require(options.expansion() >= 1, "FasterNetBlock.expansion", options.expansion(), "at least 1");
  reset();
}

void FasterNetBlockImpl::reset() {
  const auto channels = options.channels(), hidden = channels * options.expansion();
  spatial_mixing =
      register_module("spatial_mixing", PartialConv(PartialConvOptions(channels)
                                                        .partial_divisor(options.partial_divisor())
                                                        .kernel_size(options.kernel_size())));
  // Number 2 is the ReLU's.
  const std::vector<ConvStep> steps{{"0", "1", same_conv(channels, hidden, 1), Activation::relu},
                                    {"3", "", same_conv(hidden, channels, 1)}};
  mlp = register_module("mlp", ConvChain(ConvChainOptions(steps).folded(options.folded())));
  if (options.layer_scale() > 0)
    layer_scale = register_parameter("layer_scale", torch::full({channels}, options.layer_scale()));
}

torch::Tensor FasterNetBlockImpl::forward(const torch::Tensor& input) {
  check_input(own_name, input, options.channels(), mlp->weight());
  auto output = mlp->forward(spatial_mixing->forward(input));
  if (layer_scale.defined()) output *= layer_scale.view({-1, 1, 1});
  return output += input;
}

Traits FasterNetBlockImpl::traits() const {
  return {{"split", "split"},
          {"active channels", fmt::format("{} of {}", spatial_mixing->options.active(), options.channels())},
          {"passive path", "identity; the whole block's, added"},
          {"recalibration", "none"},
          {"mixing", "two 1x1 convolutions behind the partial one"}};
}

}  // namespace ablate
