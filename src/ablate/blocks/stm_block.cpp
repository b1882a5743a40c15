#include "ablate/blocks/stm_block.hpp"

#include "ablate/blocks/channel_ops.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

void check(const STMBlockOptions& o) {
  constexpr auto allowed = "an even integer, at least 2: the block splits it in two";
  const auto splits = [](int64_t channels) { return channels >= 2 && channels % 2 == 0; };
  require(splits(o.in_channels()), "STMBlock.in_channels", o.in_channels(), allowed);
  require(splits(o.out_channels()), "STMBlock.out_channels", o.out_channels(), allowed);
}

}  // namespace

STMBlockImpl::STMBlockImpl(STMBlockOptions options_) : options(std::move(options_)) {
  check(options);
  reset();
}

void STMBlockImpl::reset() {
  const auto in = options.in_channels() / 2, out = options.out_channels() / 2;
  if (in != out) {
    const auto pointwise = torch::nn::Conv2dOptions(in, out, 1).bias(false);
    passive_adjust = register_module("passive_adjust", torch::nn::Conv2d(pointwise));
    pw_conv = register_module("pw_conv", torch::nn::Conv2d(pointwise));
  }
  dw_repconv = register_module("dw_repconv", RepConv(options.rep_conv(out)));
  affine_prcm = make_recalibration<SimplePRCMImpl>(options.recalibration().value_or(own_recalibration),
                                                   options.prcm(out));
  if (affine_prcm) register_module("affine_prcm", std::dynamic_pointer_cast<torch::nn::Module>(affine_prcm));
  if (options.form() == Form::fused) become_fused();
}

torch::Tensor STMBlockImpl::forward(const torch::Tensor& input) {
  check_input("STMBlock", input, options.in_channels(), dw_repconv->weight());
  return options.form() == Form::fused ? fused("STMBlock", input, draws(affine_prcm)) : by_operations(input);
}

torch::Tensor STMBlockImpl::by_operations(const torch::Tensor& input) {
  const auto halves = input.chunk(2, 1);
  const auto passive = passive_adjust ? passive_adjust(halves[0]) : halves[0];
  const auto active = recalibrated(affine_prcm, dw_repconv(pw_conv ? pw_conv(halves[1]) : halves[1]));
  const auto merged = torch::cat({passive, active}, 1);
  return options.shuffle() ? shuffle_channels(merged, 2) : merged;
}

void STMBlockImpl::switch_to(Form wanted) {
  check_forward("STMBlock", form(), wanted);
  if (wanted != Form::train) dw_repconv->switch_to_deploy();
  options.form(wanted);
  if (wanted == Form::fused) become_fused();
}

kernels::BlockParts STMBlockImpl::parts() const {
  kernels::BlockParts parts;
  parts.in_channels = options.in_channels();
  parts.out_channels = options.out_channels();
  const auto in = options.in_channels() / 2, out = options.out_channels() / 2;
  parts.active = parts.passive = out;
  parts.active_in.first = in;
  if (passive_adjust) parts.adjust_passive = pointwise_of(passive_adjust, false);
  if (pw_conv) parts.adjust_active = pointwise_of(pw_conv, false, in);
  parts.passive_out = {0, options.shuffle() ? 2 : 1};
  parts.active_out = options.shuffle() ? kernels::ChannelMap{1, 2} : kernels::ChannelMap{out, 1};
  dw_repconv->add_to(parts);
  add_recalibration(affine_prcm, parts);
  return parts;
}

kernels::Weights STMBlockImpl::weights() const {
  kernels::Weights weights;
  if (passive_adjust) weights.append({&passive_adjust->weight, &pw_conv->weight});
  dw_repconv->add_to(weights);
  add_recalibration(affine_prcm, weights);
  return weights;
}

Traits STMBlockImpl::traits() const {
  return {{"split", "chunk"},
          {"active channels", fmt::format("{} of {}", options.out_channels() / 2, options.out_channels())},
          {"passive path", passive_adjust ? "1x1 convolution" : "identity"},
          {"recalibration", recalibration_trait(affine_prcm)},
          {"mixing", options.shuffle() ? "channel shuffle" : "none"}};
}

}  // namespace ablate
