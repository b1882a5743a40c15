#pragma once

#include "ablate/blocks/dw_block.hpp"

namespace ablate {

using FastSTMBlockOptions = BlockOptions;  ///< out_channels is at least 2

/// [1 x 1 convolution, batch norm, ReLU where in != out] -> the first half of the channels goes through a
/// depthwise RepConv and SimplePRCM, the rest passes -> concatenation -> 1 x 1 convolution, batch norm, ReLU.
/// Partial convolution as in FasterNet (Chen et al., CVPR 2023), learnt mixing instead of a shuffle.
/// Input [N, in, H, W], output [N, out, H, W]. Names: align_conv, align_bn, partial_conv, partial_prcm,
/// mix_conv, mix_bn; the folded and fused forms have biases in the convolutions and no batch norm.
class FastSTMBlockImpl : public BlockModule<FastSTMBlockImpl, FusableBlock> {
 public:
  static constexpr auto own_recalibration = RecalibrationKind::scale;

  /// Throws UserError for options that cannot work.
  explicit FastSTMBlockImpl(FastSTMBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  void switch_to_deploy() { switch_to(Form::deploy); }

  Form form() const override { return options.form(); }
  void switch_to(Form form) override;
  Traits traits() const override;
  kernels::BlockParts parts() const override;

  FastSTMBlockOptions options;

 protected:
  kernels::Weights weights() const override;
  torch::Tensor by_operations(const torch::Tensor& input) override;

 private:
  void fold_norms();

  torch::nn::Conv2d align_conv{nullptr}, mix_conv{nullptr};
  torch::nn::BatchNorm2d align_bn{nullptr}, mix_bn{nullptr};
  RepConv partial_conv{nullptr};
  std::shared_ptr<AnyRecalibration> partial_prcm;
};
TORCH_MODULE(FastSTMBlock);

}  // namespace ablate
