#include "ablate/blocks/zoo/branched_conv.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

void check(const BranchedConvOptions& o) {
  const auto place = [&](const char* option) { return fmt::format("{}.{}", o.name(), option); };
  require(o.in_channels() >= 1, place("in_channels"), o.in_channels(), "at least 1");
  require(o.out_channels() >= 1, place("out_channels"), o.out_channels(), "at least 1");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, place("kernel_size"), o.kernel_size(),
          "an odd integer, at least 1");
  require(o.stride() >= 1, place("stride"), o.stride(), "at least 1");
  require(o.branches() >= 1, place("branches"), o.branches(), "at least 1");
  require(o.groups() >= 1 && o.in_channels() % o.groups() == 0 && o.out_channels() % o.groups() == 0,
          place("groups"), o.groups(),
          fmt::format("a divisor of {} and {}", o.in_channels(), o.out_channels()));
}

torch::nn::Conv2dOptions conv_of_size(const BranchedConvOptions& o, int64_t kernel_size) {
  return same_conv(o.in_channels(), o.out_channels(), kernel_size, o.stride(), o.groups());
}

std::vector<ConvStep> kxk_steps(const BranchedConvOptions& o) {
  const ConvStep step{"conv", "bn", conv_of_size(o, o.kernel_size())};
  std::vector<ConvStep> steps(static_cast<std::size_t>(o.branches()), step);
  if (o.kind() == BranchedKind::mobile_one)
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].within = fmt::format("{}", i);
  return steps;
}

const char* pointwise_name(const BranchedConvOptions& o) {
  return o.kind() == BranchedKind::repvgg ? "conv_1x1" : "conv_scale";
}

}  // namespace

BranchedConvImpl::BranchedConvImpl(BranchedConvOptions options_) : options(std::move(options_)) {
  check(options);
  reset();
}

void BranchedConvImpl::reset() {
  if (options.deploy()) {
    reparam_conv = register_module(
        "reparam_conv", torch::nn::Conv2d(conv_of_size(options, options.kernel_size()).bias(true)));
    return;
  }
  conv_kxk = register_module("conv_kxk", ConvChain(ConvChainOptions(kxk_steps(options))));
  if (options.has_pointwise())
    pointwise =
        register_module(pointwise_name(options),
                        ConvChain(ConvChainOptions({ConvStep{"conv", "bn", conv_of_size(options, 1)}})));
  if (options.has_identity())
    identity = register_module("identity", torch::nn::BatchNorm2d(options.out_channels()));
}

torch::Tensor BranchedConvImpl::forward(const torch::Tensor& input) {
  check_input(options.name(), input, options.in_channels(), weight());
  auto output = options.deploy() ? reparam_conv(input) : sum_of_branches(input);
  return options.use_activation() ? output.relu_() : output;
}

torch::Tensor BranchedConvImpl::sum_of_branches(const torch::Tensor& input) {
  auto sum = conv_kxk->sum(input);
  if (pointwise) sum += pointwise->forward(input);
  if (identity) sum += identity(input);
  return sum;
}

ConvKernel BranchedConvImpl::fused_kernel() const {
  const auto size = options.kernel_size();
  auto branches = conv_kxk->kernels();
  if (pointwise) {
    const auto kernel = pointwise->kernels().front();
    branches.push_back({centre_in(kernel.weight, size), kernel.bias});
  }
  if (identity) {
    const auto kernel = identity_kernel(options.in_channels(), options.groups(), size);
    branches.push_back(fold_batch_norm(kernel.to(weight().device()), *identity));
  }
  auto fused = branches.front();
  for (std::size_t i = 1; i < branches.size(); ++i) fused = fused + branches[i];
  return fused;
}

void BranchedConvImpl::switch_to_deploy() {
  if (options.deploy()) return;
  torch::NoGradGuard no_grad;
  const auto fused = fused_kernel();
  const auto like = weight();

  for (const auto& branch : named_children().keys()) unregister_module(branch);
  conv_kxk = pointwise = nullptr;
  identity = nullptr;

  options.deploy(true);
  reset();
  load_kernel(*reparam_conv, fused, like);
  reparam_conv->train(is_training());
}

void BranchedConvImpl::switch_to(Form form) {
  check_forward(options.name(), this->form(), form);
  if (form != Form::train) switch_to_deploy();
}

Traits BranchedConvImpl::traits() const {
  return {{"split", "none"},
          {"active channels", fmt::format("{0} of {0}", options.out_channels())},
          {"passive path", "none"},
          {"recalibration", "none"},
          {"mixing", options.groups() == 1 ? "by the convolution" : "within groups"}};
}

MobileOneBlockImpl::MobileOneBlockImpl(MobileOneBlockOptions options_) : options(std::move(options_)) {
  reset();
}

void MobileOneBlockImpl::reset() {
  const auto& o = options;
  const auto conv = [&](int64_t out, int64_t size, int64_t stride, int64_t groups) {
    return BranchedConv(BranchedConvOptions(o.in_channels(), out)
                            .kernel_size(size)
                            .stride(stride)
                            .groups(groups)
                            .branches(o.branches())
                            .kind(BranchedKind::mobile_one)
                            .deploy(o.deploy()));
  };
  depthwise = register_module("0", conv(o.in_channels(), o.kernel_size(), o.stride(), o.in_channels()));
  pointwise = register_module("1", conv(o.out_channels(), 1, 1, 1));
}

torch::Tensor MobileOneBlockImpl::forward(const torch::Tensor& input) {
  return pointwise->forward(depthwise->forward(input));
}

void MobileOneBlockImpl::switch_to(Form wanted) {
  check_forward("MobileOneBlock", form(), wanted);
  if (wanted == Form::train) return;
  depthwise->switch_to_deploy();
  pointwise->switch_to_deploy();
  options.deploy(true);
}

Traits MobileOneBlockImpl::traits() const {
  return {{"split", "none"},
          {"active channels", fmt::format("{0} of {0}", options.out_channels())},
          {"passive path", "none"},
          {"recalibration", "none"},
          {"mixing", "1x1 convolution behind the depthwise one"}};
}

}  // namespace ablate
