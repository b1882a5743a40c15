#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/blocks/zoo/conv_chain.hpp"

namespace ablate {

/// Whose block a re-parameterisable convolution is. They differ in names, and in that RepVGG's has a 1 x 1
/// branch beside any kernel, MobileOne's beside kernels above 1 alone.
enum class BranchedKind { repvgg, mobile_one };

struct BranchedConvOptions {
  BranchedConvOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  bool has_identity() const { return stride_ == 1 && in_channels_ == out_channels_; }
  bool has_pointwise() const { return kind_ == BranchedKind::repvgg || kernel_size_ > 1; }
  const char* name() const { return kind_ == BranchedKind::repvgg ? "RepVGGBlock" : "MobileOneConv"; }

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 3;  ///< odd
  TORCH_ARG(int64_t, stride) = 1;
  TORCH_ARG(int64_t, groups) = 1;
  TORCH_ARG(int64_t, branches) = 1;  ///< k x k ones; RepVGG has one
  TORCH_ARG(bool, use_activation) = true;
  TORCH_ARG(BranchedKind, kind) = BranchedKind::repvgg;
  TORCH_ARG(bool, deploy) = false;  ///< one convolution instead of the branches
};

/// k x k, 1 x 1 and identity branches, each with batch norm, summed, then ReLU; once deployed a single
/// convolution. Input [N, in, H, W], output [N, out, H', W'].
///
/// RepVGGBlock: Ding, Zhang, Ma, Han, Ding, Sun, RepVGG: Making VGG-style ConvNets Great Again, CVPR 2021,
/// section 3.3, figure 4; names follow timm's RepVggBlock: conv_kxk.conv, conv_kxk.bn, conv_1x1.conv,
/// conv_1x1.bn, identity, reparam_conv.
///
/// MobileOneConv: Vasu, Gabriel, Zhu, Tuzel, Ranjan, MobileOne: An Improved One Millisecond Mobile Backbone,
/// CVPR 2023, figure 3, of which it is one row: several k x k branches, over-parameterised; names follow
/// timm's MobileOneBlock: conv_kxk.0.conv, conv_kxk.0.bn, …, conv_scale.conv, conv_scale.bn, identity,
/// reparam_conv.
class BranchedConvImpl : public BlockModule<BranchedConvImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit BranchedConvImpl(BranchedConvOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;

  /// Idempotent. Keeps device, dtype and training flag; frees the branches.
  void switch_to_deploy();

  Form form() const override { return options.deploy() ? Form::deploy : Form::train; }
  void switch_to(Form form) override;

  BranchedConvOptions options;

 private:
  const torch::Tensor& weight() const { return reparam_conv ? reparam_conv->weight : conv_kxk->weight(); }
  torch::Tensor sum_of_branches(const torch::Tensor& input);
  ConvKernel fused_kernel() const;

  ConvChain conv_kxk{nullptr}, pointwise{nullptr};
  torch::nn::BatchNorm2d identity{nullptr};
  torch::nn::Conv2d reparam_conv{nullptr};
};
TORCH_MODULE(BranchedConv);

struct MobileOneBlockOptions {
  MobileOneBlockOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 3;  ///< of the depthwise convolution, odd
  TORCH_ARG(int64_t, stride) = 1;       ///< of the depthwise convolution
  TORCH_ARG(int64_t, branches) = 1;     ///< of each convolution; 4 in MobileOne-S0
  TORCH_ARG(bool, deploy) = false;
};

/// MobileOne's block (as above, figure 3, both rows): a depthwise MobileOneConv, then a pointwise one.
/// Children are named "0" and "1", as two neighbours in a stage of timm's are. Input [N, in, H, W], output
/// [N, out, H', W'].
class MobileOneBlockImpl : public BlockModule<MobileOneBlockImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit MobileOneBlockImpl(MobileOneBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;

  Form form() const override { return options.deploy() ? Form::deploy : Form::train; }
  void switch_to(Form form) override;

  MobileOneBlockOptions options;

 private:
  BranchedConv depthwise{nullptr}, pointwise{nullptr};
};
TORCH_MODULE(MobileOneBlock);

}  // namespace ablate
