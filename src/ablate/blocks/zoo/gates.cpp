#include "ablate/blocks/zoo/gates.hpp"

#include <cmath>

namespace ablate {

SqueezeExcitationImpl::SqueezeExcitationImpl(SqueezeExcitationOptions options_)
    : options(std::move(options_)) {
  require(options.channels() >= 1, "SqueezeExcitation.channels", options.channels(), "at least 1");
  require(options.reduction() >= 1, "SqueezeExcitation.reduction", options.reduction(), "at least 1");
  reset();
}

void SqueezeExcitationImpl::reset() {
  const auto channels = options.channels(), squeezed = options.squeezed();
  fc1 = register_module("fc1", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, squeezed, 1)));
  fc2 = register_module("fc2", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeezed, channels, 1)));
}

torch::Tensor SqueezeExcitationImpl::forward(const torch::Tensor& input) {
  check_input("SqueezeExcitation", input, options.channels(), fc1->weight);
  const auto average = input.mean({2, 3}, true);
  return fc2(fc1(average).relu_()).sigmoid_() * input;
}

int64_t ECAOptions::size() const {
  if (kernel_size_ > 0) return kernel_size_;
  const auto t = static_cast<int64_t>((std::log2(static_cast<double>(channels_)) + 1) / 2);
  return std::max<int64_t>(3, t % 2 == 1 ? t : t + 1);
}

ECAImpl::ECAImpl(ECAOptions options_) : options(std::move(options_)) {
  require(options.channels() >= 1, "ECA.channels", options.channels(), "at least 1");
  require(options.kernel_size() == 0 || options.kernel_size() % 2 == 1, "ECA.kernel_size",
          options.kernel_size(), "an odd integer, or 0: from the channels");
  reset();
}

void ECAImpl::reset() {
  const auto size = options.size();
  conv = register_module(
      "conv", torch::nn::Conv1d(torch::nn::Conv1dOptions(1, 1, size).padding(size / 2).bias(false)));
}

torch::Tensor ECAImpl::forward(const torch::Tensor& input) {
  check_input("ECA", input, options.channels(), conv->weight);
  const auto average = input.mean({2, 3}).unsqueeze(1);
  const auto gate = conv(average).sigmoid_();
  return input * gate.view({input.size(0), options.channels(), 1, 1});
}

}  // namespace ablate
