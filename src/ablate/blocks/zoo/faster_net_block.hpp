#pragma once

#include "ablate/blocks/zoo/conv_chain.hpp"
#include "ablate/blocks/zoo/folding.hpp"

namespace ablate {

struct PartialConvOptions {
  PartialConvOptions(int64_t channels) : channels_(channels) {}

  int64_t active() const { return channels_ / partial_divisor_; }

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, partial_divisor) = 4;  ///< 1 / r: one channel of so many is convolved
  TORCH_ARG(int64_t, kernel_size) = 3;      ///< odd
};

/// FasterNet's partial convolution (paper below, section 3.2, figure 3c): an ordinary convolution over the
/// first channels, the others as they are. [N, C, H, W] to the same. Names follow timm's Partial_conv3:
/// partial_conv3, without bias.
class PartialConvImpl : public BlockModule<PartialConvImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit PartialConvImpl(PartialConvOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  PartialConvOptions options;

 private:
  torch::nn::Conv2d conv{nullptr};
};
TORCH_MODULE(PartialConv);

struct FasterNetBlockOptions {
  FasterNetBlockOptions(int64_t channels) : channels_(channels) {}

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, partial_divisor) = 4;  ///< 1 / r: one channel of so many is convolved
  TORCH_ARG(int64_t, kernel_size) = 3;      ///< of the partial convolution, odd
  TORCH_ARG(int64_t, expansion) = 2;        ///< of the pointwise convolutions
  TORCH_ARG(double, layer_scale) = 0;       ///< initial gain of the branch; 0: none
  TORCH_ARG(bool, folded) = false;
};

/// FasterNet's block (Chen, Kao, He, Zhuo, Wen, Lee, Chan, Run, Don't Walk: Chasing Higher FLOPS for Faster
/// Neural Networks, CVPR 2023, section 3.3, figure 4): a partial convolution, over the first channels alone,
/// then two pointwise ones with batch norm and ReLU between them; added to the input. [N, C, H, W] to the
/// same. Names follow timm's MLPBlock: spatial_mixing.partial_conv3, mlp.0, mlp.1, mlp.3, layer_scale.
class FasterNetBlockImpl : public FoldingBlock<FasterNetBlockImpl> {
 public:
  static constexpr auto own_name = "FasterNetBlock";

  /// Throws UserError for options that cannot work.
  explicit FasterNetBlockImpl(FasterNetBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;
  void fold() { mlp->fold(); }

  FasterNetBlockOptions options;

 private:
  PartialConv spatial_mixing{nullptr};
  ConvChain mlp{nullptr};
  torch::Tensor layer_scale;
};
TORCH_MODULE(FasterNetBlock);

}  // namespace ablate
