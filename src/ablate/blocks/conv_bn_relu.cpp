#include "ablate/blocks/conv_bn_relu.hpp"

#include "ablate/blocks/fuse.hpp"

namespace ablate {
namespace {

void check(const ConvBnReluOptions& o) {
  require(o.in_channels() >= 1, "ConvBnRelu.in_channels", o.in_channels(), "at least 1");
  require(o.out_channels() >= 1, "ConvBnRelu.out_channels", o.out_channels(), "at least 1");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "ConvBnRelu.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
}

}  // namespace

ConvBnReluImpl::ConvBnReluImpl(ConvBnReluOptions options_) : options(std::move(options_)) {
  check(options);
  reset();
}

void ConvBnReluImpl::reset() {
  conv = register_module(
      "0", torch::nn::Conv2d(
               torch::nn::Conv2dOptions(options.in_channels(), options.out_channels(), options.kernel_size())
                   .padding(options.kernel_size() / 2)
                   .bias(options.folded())));
  if (!options.folded()) norm = register_module("1", torch::nn::BatchNorm2d(options.out_channels()));
}

torch::Tensor ConvBnReluImpl::forward(const torch::Tensor& input) {
  check_input("ConvBnRelu", input, options.in_channels(), conv->weight);
  auto output = conv(input);
  if (norm) output = norm(output);
  return output.relu_();
}

void ConvBnReluImpl::switch_to(Form wanted) {
  // Its deploy form is its train form: nothing is re-parameterised.
  if (options.folded() && wanted == Form::train) check_forward("ConvBnRelu", form(), wanted);
  if (options.folded() || wanted < Form::folded) return;
  conv = replace_module("0", folded(conv, norm));
  unregister_module("1");
  norm = nullptr;
  options.folded(true);
}

}  // namespace ablate
