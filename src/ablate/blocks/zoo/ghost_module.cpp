#include "ablate/blocks/zoo/ghost_module.hpp"

#include <fmt/format.h>

namespace ablate {

GhostModuleImpl::GhostModuleImpl(GhostModuleOptions options_) : options(std::move(options_)) {
  const auto& o = options;
  require(o.in_channels() >= 1, "GhostModule.in_channels", o.in_channels(), "at least 1");
  require(o.out_channels() >= 1, "GhostModule.out_channels", o.out_channels(), "at least 1");
  require(o.ratio() >= 2, "GhostModule.ratio", o.ratio(), "at least 2");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "GhostModule.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  require(o.cheap_size() >= 1 && o.cheap_size() % 2 == 1, "GhostModule.cheap_size", o.cheap_size(),
          "an odd integer, at least 1");
  reset();
}

void GhostModuleImpl::reset() {
  const auto& o = options;
  const auto intrinsic = o.intrinsic(), made = intrinsic * (o.ratio() - 1);
  const auto activation = o.use_activation() ? Activation::relu : Activation::none;
  const auto pair = [&](const char* name, const torch::nn::Conv2dOptions& conv) {
    const ConvStep step{"0", "1", conv, activation};
    return register_module(name, ConvChain(ConvChainOptions({step}).folded(o.folded())));
  };
  primary_conv = pair("primary_conv", same_conv(o.in_channels(), intrinsic, o.kernel_size()));
  cheap_operation = pair("cheap_operation", same_conv(intrinsic, made, o.cheap_size(), 1, intrinsic));
}

torch::Tensor GhostModuleImpl::forward(const torch::Tensor& input) {
  check_input(own_name, input, options.in_channels(), primary_conv->weight());
  const auto intrinsic = primary_conv->forward(input);
  const auto all = torch::cat({intrinsic, cheap_operation->forward(intrinsic)}, 1);
  return all.slice(1, 0, options.out_channels());
}

void GhostModuleImpl::fold() {
  primary_conv->fold();
  cheap_operation->fold();
}

Traits GhostModuleImpl::traits() const {
  return {{"split", "none"},
          {"active channels",
           fmt::format("{} of {}", options.out_channels() - options.intrinsic(), options.out_channels())},
          {"passive path", "primary convolution"},
          {"recalibration", "none"},
          {"mixing", fmt::format("{0}x{0} convolution, before the depthwise one", options.kernel_size())}};
}

}  // namespace ablate
