#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/blocks/fuse.hpp"
#include "ablate/kernels/fused_call.hpp"

namespace ablate {

struct RepConvOptions {
  RepConvOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  /// The identity branch exists where input and output have one shape, and the pointwise one where the k x k
  /// branch is not pointwise itself; each unless it is removed.
  bool has_kxk() const { return kxk_; }
  bool has_pointwise() const { return pointwise_ && kernel_size_ > 1; }
  bool has_identity() const { return identity_ && stride_ == 1 && in_channels_ == out_channels_; }
  /// Side of the fused kernel: what is left without the k x k branch is pointwise.
  int64_t fused_size() const { return has_kxk() ? kernel_size_ : 1; }

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 3;  ///< odd
  TORCH_ARG(int64_t, stride) = 1;
  TORCH_ARG(int64_t, padding) = 1;  ///< kernel_size / 2, or the branches would differ in size
  TORCH_ARG(int64_t, groups) = 1;
  TORCH_ARG(bool, use_activation) = true;
  TORCH_ARG(bool, kxk) = true;        ///< false takes the k x k branch away; one branch must remain
  TORCH_ARG(bool, pointwise) = true;  ///< the same of the 1 x 1 branch
  TORCH_ARG(bool, identity) = true;   ///< the same of the identity branch
  TORCH_ARG(bool, deploy) = false;    ///< one convolution instead of the branches
};

/// Options of the depthwise RepConv inside every block: stride 1, `channels` groups, size kept.
RepConvOptions depthwise(int64_t channels, int64_t kernel_size);

/// Re-parameterisable convolution: k x k, 1 x 1 and identity branches, each with its batch norm, summed, then
/// ReLU. Input [N, in, H, W], output [N, out, H', W']. `switch_to_deploy` turns the branches into one
/// convolution that computes the same in evaluation mode. Names follow the Python state dict: conv_kxk,
/// bn_kxk, conv_1x1, bn_1x1, bn_identity, and fused_conv once deployed.
class RepConvImpl : public BlockModule<RepConvImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit RepConvImpl(RepConvOptions options);

  /// Builds what `options` ask for. `clone()` starts here too, so the deployed form must be an option, not a
  /// flag on the side.
  void reset() override;

  torch::Tensor forward(const torch::Tensor& input);

  /// Of the fused convolution, or of the first branch there is.
  const torch::Tensor& weight() const;

  /// What remains once deployed, as kernels take a depthwise convolution. Precondition: deployed, depthwise.
  void add_to(kernels::BlockParts& parts) const;
  void add_to(kernels::Weights& weights) const { weights.append({&fused_conv->weight, &fused_conv->bias}); }

  /// Idempotent. Keeps device, dtype and training flag; frees the branches.
  void switch_to_deploy();

  Form form() const override { return options.deploy() ? Form::deploy : Form::train; }
  void switch_to(Form form) override;

  RepConvOptions options;

 private:
  torch::Tensor sum_of_branches(const torch::Tensor& input);
  ConvKernel fused_kernel() const;

  torch::nn::Conv2d conv_kxk{nullptr}, conv_1x1{nullptr}, fused_conv{nullptr};
  torch::nn::BatchNorm2d bn_kxk{nullptr}, bn_1x1{nullptr}, bn_identity{nullptr};
};
TORCH_MODULE(RepConv);

}  // namespace ablate
