#include "ablate/blocks/zoo/conv_next_block.hpp"

#include "ablate/blocks/zoo/conv_chain.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/functional.h>
#include <torch/nn/modules/normalization.h>

namespace ablate {
namespace {

torch::Tensor channels_last(const torch::Tensor& input) { return input.permute({0, 2, 3, 1}); }
torch::Tensor channels_first(const torch::Tensor& input) { return input.permute({0, 3, 1, 2}); }

}  // namespace

ConvNeXtBlockImpl::ConvNeXtBlockImpl(ConvNeXtBlockOptions options_) : options(std::move(options_)) {
  const auto& o = options;
  require(o.channels() >= 1, "ConvNeXtBlock.channels", o.channels(), "at least 1");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "ConvNeXtBlock.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  require(o.expansion() >= 1, "ConvNeXtBlock.expansion", o.expansion(), "at least 1");
  reset();
}

void ConvNeXtBlockImpl::reset() {
  const auto channels = options.channels(), hidden = channels * options.expansion();
  torch::nn::Sequential layers;
  layers->push_back(
      "0", torch::nn::Conv2d(same_conv(channels, channels, options.kernel_size(), 1, channels).bias(true)));
  layers->push_back("1", torch::nn::Functional(channels_last));
  layers->push_back("2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({channels}).eps(1e-6)));
  layers->push_back("3", torch::nn::Linear(channels, hidden));
  layers->push_back("4", torch::nn::GELU());
  layers->push_back("5", torch::nn::Linear(hidden, channels));
  layers->push_back("6", torch::nn::Functional(channels_first));
  block = register_module("block", layers);
  layer_scale = register_parameter("layer_scale", torch::full({channels, 1, 1}, options.layer_scale()));
}

torch::Tensor ConvNeXtBlockImpl::forward(const torch::Tensor& input) {
  check_input("ConvNeXtBlock", input, options.channels(), layer_scale);
  return (layer_scale * block->forward(input)).add_(input);
}

Traits ConvNeXtBlockImpl::traits() const {
  return {{"split", "none"},
          {"active channels", fmt::format("{0} of {0}", options.channels())},
          {"passive path", "identity, added"},
          {"recalibration", "a gain for each channel, of no input"},
          {"mixing", "two linear layers behind the depthwise convolution"}};
}

}  // namespace ablate
