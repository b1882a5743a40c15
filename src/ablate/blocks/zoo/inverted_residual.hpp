#pragma once

#include "ablate/blocks/zoo/conv_chain.hpp"
#include "ablate/blocks/zoo/folding.hpp"

namespace ablate {

struct InvertedResidualOptions {
  InvertedResidualOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  bool has_shortcut() const { return stride_ == 1 && in_channels_ == out_channels_; }

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, expansion) = 6;    ///< t: channels of the depthwise convolution over those of the input
  TORCH_ARG(int64_t, kernel_size) = 3;  ///< odd
  TORCH_ARG(int64_t, stride) = 1;       ///< of the depthwise convolution
  TORCH_ARG(bool, folded) = false;
};

/// MobileNetV2's block (Sandler, Howard, Zhu, Zhmoginov, Chen, MobileNetV2: Inverted Residuals and Linear
/// Bottlenecks, CVPR 2018, table 1 and figure 4d): pointwise expansion and ReLU6, depthwise convolution and
/// ReLU6, linear pointwise projection, each with batch norm; added to the input where the shapes allow.
/// Input [N, in, H, W], output [N, out, H', W']. Names follow torchvision's InvertedResidual:
/// conv.0.0, conv.0.1, conv.1.0, conv.1.1, conv.2, conv.3; with expansion 1 there is no first pair.
class InvertedResidualImpl : public FoldingBlock<InvertedResidualImpl> {
 public:
  static constexpr auto own_name = "InvertedResidual";

  /// Throws UserError for options that cannot work.
  explicit InvertedResidualImpl(InvertedResidualOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;
  void fold() { conv->fold(); }

  InvertedResidualOptions options;

 private:
  ConvChain conv{nullptr};
};
TORCH_MODULE(InvertedResidual);

}  // namespace ablate
