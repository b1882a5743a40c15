#include "ablate/blocks/dw_block.hpp"

#include <fmt/format.h>

namespace ablate {

DWBlockImpl::DWBlockImpl(DWBlockOptions options_) : options(std::move(options_)) {
  require(options.in_channels() >= 1, "DWBlock.in_channels", options.in_channels(), "at least 1");
  reset();
}

void DWBlockImpl::reset() {
  torch::nn::Sequential layers;
  if (options.in_channels() != options.out_channels())
    layers->push_back(torch::nn::Conv2d(
        torch::nn::Conv2dOptions(options.in_channels(), options.out_channels(), 1).bias(false)));
  layers->push_back(RepConv(
      depthwise(options.out_channels(), options.kernel_size()).deploy(options.form() != Form::train)));
  conv = register_module("conv", layers);
  prcm = register_module("prcm", PRCM(options.prcm(options.out_channels())));
}

torch::Tensor DWBlockImpl::forward(const torch::Tensor& input) {
  check_input("DWBlock", input, options.in_channels(), prcm->weight());
  return prcm(conv->forward(input));
}

void DWBlockImpl::switch_to(Form wanted) {
  check_forward("DWBlock", form(), wanted);
  // The RepConv is asked for here, not kept: cloning a Sequential gives it new children.
  if (wanted != Form::train) conv->ptr<RepConvImpl>(conv->size() - 1)->switch_to_deploy();
  options.form(wanted);
}

Traits DWBlockImpl::traits() const {
  const auto channels = options.out_channels();
  return {{"split", "none"},
          {"active channels", fmt::format("{} of {}", channels, channels)},
          {"passive path", "none"},
          {"recalibration", prcm->traits().front().second},
          {"mixing", "none"}};
}

}  // namespace ablate
