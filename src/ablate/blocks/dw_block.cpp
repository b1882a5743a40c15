#include "ablate/blocks/dw_block.hpp"

#include <fmt/format.h>

namespace ablate {

DWBlockImpl::DWBlockImpl(DWBlockOptions options_) : options(std::move(options_)) {
  require(options.in_channels() >= 1, "DWBlock.in_channels", options.in_channels(), "at least 1");
  reset();
}

void DWBlockImpl::reset() {
  torch::nn::Sequential layers;
  if (adjusts())
    layers->push_back(torch::nn::Conv2d(
        torch::nn::Conv2dOptions(options.in_channels(), options.out_channels(), 1).bias(false)));
  layers->push_back(RepConv(options.rep_conv(options.out_channels())));
  conv = register_module("conv", layers);
  prcm = make_recalibration<PRCMImpl>(options.recalibration().value_or(own_recalibration),
                                      options.prcm(options.out_channels()));
  if (prcm) register_module("prcm", std::dynamic_pointer_cast<torch::nn::Module>(prcm));
  if (options.form() == Form::fused) become_fused();
}

// Asked for, not kept: cloning a Sequential gives it new children.
RepConvImpl& DWBlockImpl::rep_conv() const { return *conv->ptr<RepConvImpl>(conv->size() - 1); }

torch::Tensor DWBlockImpl::forward(const torch::Tensor& input) {
  check_input("DWBlock", input, options.in_channels(), rep_conv().weight());
  return options.form() == Form::fused ? fused("DWBlock", input, draws(prcm)) : by_operations(input);
}

torch::Tensor DWBlockImpl::by_operations(const torch::Tensor& input) {
  return recalibrated(prcm, conv->forward(input));
}

void DWBlockImpl::switch_to(Form wanted) {
  check_forward("DWBlock", form(), wanted);
  if (wanted != Form::train) rep_conv().switch_to_deploy();
  options.form(wanted);
  if (wanted == Form::fused) become_fused();
}

kernels::BlockParts DWBlockImpl::parts() const {
  kernels::BlockParts parts;
  parts.in_channels = options.in_channels();
  parts.out_channels = parts.active = options.out_channels();
  if (adjusts()) parts.adjust_active = pointwise_of(conv->ptr<torch::nn::Conv2dImpl>(0), false);
  rep_conv().add_to(parts);
  add_recalibration(prcm, parts);
  return parts;
}

kernels::Weights DWBlockImpl::weights() const {
  kernels::Weights weights;
  if (adjusts()) weights.push_back(&conv->ptr<torch::nn::Conv2dImpl>(0)->weight);
  rep_conv().add_to(weights);
  add_recalibration(prcm, weights);
  return weights;
}

Traits DWBlockImpl::traits() const {
  const auto channels = options.out_channels();
  return {{"split", "none"},
          {"active channels", fmt::format("{} of {}", channels, channels)},
          {"passive path", "none"},
          {"recalibration", recalibration_trait(prcm)},
          {"mixing", "none"}};
}

}  // namespace ablate
