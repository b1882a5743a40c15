#include "ablate/blocks/rep_conv.hpp"

#include <fmt/format.h>

#include <numeric>

namespace ablate {
namespace {

void check(const RepConvOptions& o) {
  require(o.in_channels() >= 1, "RepConv.in_channels", o.in_channels(), "at least 1");
  require(o.out_channels() >= 1, "RepConv.out_channels", o.out_channels(), "at least 1");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "RepConv.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  require(o.stride() >= 1, "RepConv.stride", o.stride(), "at least 1");
  require(o.padding() >= 0, "RepConv.padding", o.padding(), "at least 0");
  const auto half = o.kernel_size() / 2;
  require(o.padding() == half || !(o.has_pointwise() || o.has_identity()), "RepConv.padding", o.padding(),
          fmt::format("{} (half the kernel: the other branches have no padding)", half));
  require(o.groups() >= 1 && o.in_channels() % o.groups() == 0 && o.out_channels() % o.groups() == 0,
          "RepConv.groups", o.groups(),
          fmt::format("a divisor of {} and {}", o.in_channels(), o.out_channels()));
  if (!o.has_kxk() && !o.has_pointwise() && !o.has_identity())
    throw UserError("RepConv branches", "none is left",
                    "one of kxk, pointwise (for kernels above 1) and identity (with stride 1, and as many "
                    "outputs as inputs)");
}

torch::nn::Conv2dOptions conv_options(const RepConvOptions& o, int64_t kernel_size, int64_t padding) {
  return torch::nn::Conv2dOptions(o.in_channels(), o.out_channels(), kernel_size)
      .stride(o.stride())
      .padding(padding)
      .groups(o.groups())
      .bias(false);
}

}  // namespace

RepConvOptions depthwise(int64_t channels, int64_t kernel_size) {
  return RepConvOptions(channels, channels)
      .kernel_size(kernel_size)
      .padding(kernel_size / 2)
      .groups(channels);
}

RepConvImpl::RepConvImpl(RepConvOptions options_) : options(std::move(options_)) {
  check(options);
  reset();
}

void RepConvImpl::reset() {
  if (options.deploy()) {
    const auto padding = options.has_kxk() ? options.padding() : 0;
    fused_conv = register_module(
        "fused_conv", torch::nn::Conv2d(conv_options(options, options.fused_size(), padding).bias(true)));
    return;
  }
  if (options.has_kxk()) {
    conv_kxk = register_module(
        "conv_kxk", torch::nn::Conv2d(conv_options(options, options.kernel_size(), options.padding())));
    bn_kxk = register_module("bn_kxk", torch::nn::BatchNorm2d(options.out_channels()));
  }
  if (options.has_pointwise()) {
    conv_1x1 = register_module("conv_1x1", torch::nn::Conv2d(conv_options(options, 1, 0)));
    bn_1x1 = register_module("bn_1x1", torch::nn::BatchNorm2d(options.out_channels()));
  }
  if (options.has_identity())
    bn_identity = register_module("bn_identity", torch::nn::BatchNorm2d(options.out_channels()));
}

torch::Tensor RepConvImpl::forward(const torch::Tensor& input) {
  check_input("RepConv", input, options.in_channels(), weight());
  auto output = options.deploy() ? fused_conv(input) : sum_of_branches(input);
  return options.use_activation() ? output.relu_() : output;
}

const torch::Tensor& RepConvImpl::weight() const {
  if (fused_conv) return fused_conv->weight;
  if (conv_kxk) return conv_kxk->weight;
  return conv_1x1 ? conv_1x1->weight : bn_identity->weight;
}

torch::Tensor RepConvImpl::sum_of_branches(const torch::Tensor& input) {
  torch::Tensor sum;
  const auto add = [&](const torch::Tensor& branch) {
    if (sum.defined())
      sum += branch;
    else
      sum = branch;
  };
  if (conv_kxk) add(bn_kxk(conv_kxk(input)));
  if (conv_1x1) add(bn_1x1(conv_1x1(input)));
  if (bn_identity) add(bn_identity(input));
  return sum;
}

ConvKernel RepConvImpl::fused_kernel() const {
  const auto size = options.fused_size();
  std::vector<ConvKernel> branches;
  if (conv_kxk) branches.push_back(fold_batch_norm(conv_kxk->weight, *bn_kxk));
  if (conv_1x1) branches.push_back(fold_batch_norm(centre_in(conv_1x1->weight, size), *bn_1x1));
  if (bn_identity) {
    const auto identity = identity_kernel(options.in_channels(), options.groups(), size);
    branches.push_back(fold_batch_norm(identity.to(weight().device()), *bn_identity));
  }
  return std::accumulate(branches.begin() + 1, branches.end(), branches.front());
}

void RepConvImpl::switch_to_deploy() {
  if (options.deploy()) return;
  torch::NoGradGuard no_grad;
  const auto fused = fused_kernel();
  const auto like = weight();

  for (const auto& branch : named_children().keys()) unregister_module(branch);
  conv_kxk = conv_1x1 = nullptr;
  bn_kxk = bn_1x1 = bn_identity = nullptr;

  options.deploy(true);
  reset();
  load_kernel(*fused_conv, fused, like);
  fused_conv->train(is_training());
}

void RepConvImpl::add_to(kernels::BlockParts& parts) const {
  parts.depthwise_weight = fused_conv->weight.squeeze(1);
  parts.depthwise_bias = fused_conv->bias;
}

void RepConvImpl::switch_to(Form form) {
  check_forward("RepConv", this->form(), form);
  if (form != Form::train) switch_to_deploy();
}

}  // namespace ablate
