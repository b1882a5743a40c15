#include "ablate/blocks/zoo/inverted_residual.hpp"

#include <fmt/format.h>

namespace ablate {

InvertedResidualImpl::InvertedResidualImpl(InvertedResidualOptions options_) : options(std::move(options_)) {
  const auto& o = options;
  require(o.in_channels() >= 1, "InvertedResidual.in_channels", o.in_channels(), "at least 1");
  require(o.out_channels() >= 1, "InvertedResidual.out_channels", o.out_channels(), "at least 1");
  require(o.expansion() >= 1, "InvertedResidual.expansion", o.expansion(), "at least 1");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "InvertedResidual.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  require(o.stride() >= 1, "InvertedResidual.stride", o.stride(), "at least 1");
  reset();
}

void InvertedResidualImpl::reset() {
  const auto& o = options;
  const auto hidden = o.in_channels() * o.expansion();
  std::vector<ConvStep> steps;
  if (o.expansion() > 1)
    steps.push_back({"0", "1", same_conv(o.in_channels(), hidden, 1), Activation::relu6, "0"});
  // torchvision numbers what is there.
  const auto number = [&] { return fmt::format("{}", steps.size()); };
  steps.push_back({"0", "1", same_conv(hidden, hidden, o.kernel_size(), o.stride(), hidden),
                   Activation::relu6, number()});
  const auto projection = steps.size();
  steps.push_back({number(), fmt::format("{}", projection + 1), same_conv(hidden, o.out_channels(), 1)});
  conv = register_module("conv", ConvChain(ConvChainOptions(std::move(steps)).folded(o.folded())));
}

torch::Tensor InvertedResidualImpl::forward(const torch::Tensor& input) {
  check_input(own_name, input, options.in_channels(), conv->weight());
  auto output = conv->forward(input);
  return options.has_shortcut() ? output += input : output;
}

Traits InvertedResidualImpl::traits() const {
  return {{"split", "none"},
          {"active channels", fmt::format("{0} of {0}", options.out_channels())},
          {"passive path", options.has_shortcut() ? "identity, added" : "none"},
          {"recalibration", "none"},
          {"mixing", "1x1 convolutions around the depthwise one"}};
}

}  // namespace ablate
