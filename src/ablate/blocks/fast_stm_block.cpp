#include "ablate/blocks/fast_stm_block.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

void check_slices(const FastSTMBlockOptions& o) {
  require(o.in_channels() >= 1, "FastSTMBlock.in_channels", o.in_channels(), "at least 1");
  require(o.out_channels() >= 2, "FastSTMBlock.out_channels", o.out_channels(),
          "at least 2: the block slices it in two");
}

/// A pointwise convolution and what normalises it, or both in one.
torch::Tensor normalised(torch::nn::Conv2d& conv, torch::nn::BatchNorm2d& norm, const torch::Tensor& input) {
  auto output = conv(input);
  return norm ? norm(output) : output;
}

}  // namespace

FastSTMBlockImpl::FastSTMBlockImpl(FastSTMBlockOptions options_) : options(std::move(options_)) {
  check_slices(options);
  reset();
}

void FastSTMBlockImpl::reset() {
  const auto in = options.in_channels(), out = options.out_channels(), active = out / 2;
  const bool folded = options.form() >= Form::folded;
  const auto pointwise = [&](int64_t from) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, out, 1).bias(folded));
  };
  if (in != out) {
    align_conv = register_module("align_conv", pointwise(in));
    if (!folded) align_bn = register_module("align_bn", torch::nn::BatchNorm2d(out));
  }
  partial_conv = register_module("partial_conv", RepConv(options.rep_conv(active)));
  partial_prcm = make_recalibration<SimplePRCMImpl>(options.recalibration().value_or(own_recalibration),
                                                    options.prcm(active));
  if (partial_prcm)
    register_module("partial_prcm", std::dynamic_pointer_cast<torch::nn::Module>(partial_prcm));
  if (options.mixing()) {
    mix_conv = register_module("mix_conv", pointwise(out));
    if (!folded) mix_bn = register_module("mix_bn", torch::nn::BatchNorm2d(out));
  }
  if (options.form() == Form::fused) become_fused();
}

torch::Tensor FastSTMBlockImpl::forward(const torch::Tensor& input) {
  check_input("FastSTMBlock", input, options.in_channels(), partial_conv->weight());
  return options.form() == Form::fused ? fused("FastSTMBlock", input, draws(partial_prcm))
                                       : by_operations(input);
}

torch::Tensor FastSTMBlockImpl::by_operations(const torch::Tensor& input) {
  const auto aligned = align_conv ? normalised(align_conv, align_bn, input).relu_() : input;
  const auto half = options.out_channels() / 2;
  const auto active = recalibrated(partial_prcm, partial_conv(aligned.slice(1, 0, half)));
  const auto merged = torch::cat({active, aligned.slice(1, half)}, 1);
  if (!mix_conv) return merged;
  return normalised(mix_conv, mix_bn, merged).relu_();
}

void FastSTMBlockImpl::switch_to(Form wanted) {
  check_forward("FastSTMBlock", form(), wanted);
  if (wanted != Form::train) partial_conv->switch_to_deploy();
  if (wanted >= Form::folded && form() < Form::folded) fold_norms();
  options.form(wanted);
  if (wanted == Form::fused) become_fused();
}

kernels::BlockParts FastSTMBlockImpl::parts() const {
  kernels::BlockParts parts;
  parts.in_channels = options.in_channels();
  parts.out_channels = options.out_channels();
  const auto half = parts.active = options.out_channels() / 2;
  parts.passive = parts.out_channels - half;
  parts.passive_in.first = parts.passive_out.first = half;
  if (align_conv) {
    const auto align = pointwise_of(align_conv, true);
    parts.adjust_active = {align.weight.slice(0, 0, half), align.bias.slice(0, 0, half), true};
    parts.adjust_passive = {align.weight.slice(0, half), align.bias.slice(0, half), true};
  }
  if (mix_conv) parts.mix = pointwise_of(mix_conv, true);
  partial_conv->add_to(parts);
  add_recalibration(partial_prcm, parts);
  return parts;
}

kernels::Weights FastSTMBlockImpl::weights() const {
  kernels::Weights weights;
  if (align_conv) weights.append({&align_conv->weight, &align_conv->bias});
  if (mix_conv) weights.append({&mix_conv->weight, &mix_conv->bias});
  partial_conv->add_to(weights);
  add_recalibration(partial_prcm, weights);
  return weights;
}

void FastSTMBlockImpl::fold_norms() {
  const auto fold = [this](const std::string& conv_name, torch::nn::Conv2d& conv,
                           const std::string& norm_name, torch::nn::BatchNorm2d& norm) {
    conv = replace_module(conv_name, folded(conv, norm));
    unregister_module(norm_name);
    norm = nullptr;
  };
  if (align_conv) fold("align_conv", align_conv, "align_bn", align_bn);
  if (mix_conv) fold("mix_conv", mix_conv, "mix_bn", mix_bn);
}

Traits FastSTMBlockImpl::traits() const {
  return {{"split", "slice"},
          {"active channels", fmt::format("{} of {}", options.out_channels() / 2, options.out_channels())},
          {"passive path", "identity"},
          {"recalibration", recalibration_trait(partial_prcm)},
          {"mixing", mix_bn     ? "1x1 convolution + batch norm"
                     : mix_conv ? "1x1 convolution"
                                : "none"}};
}

}  // namespace ablate
