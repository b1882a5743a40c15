#pragma once

#include "ablate/blocks/block.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace ablate {

struct ConvBnReluOptions {
  ConvBnReluOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 1;  ///< odd; padded so that the size is kept
  TORCH_ARG(bool, folded) = false;      ///< batch norm inside the convolution
};

/// Convolution, batch norm, ReLU: FastSTM's mixing on its own. Input [N, in, H, W], output [N, out, H, W].
/// Children are named "0" and "1", as those of the nn.Sequential that it stands for.
class ConvBnReluImpl : public BlockModule<ConvBnReluImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit ConvBnReluImpl(ConvBnReluOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  Form form() const override { return options.folded() ? Form::folded : Form::train; }
  void switch_to(Form form) override;

  ConvBnReluOptions options;

 private:
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
};
TORCH_MODULE(ConvBnRelu);

}  // namespace ablate
