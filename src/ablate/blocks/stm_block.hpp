#pragma once

#include "ablate/blocks/dw_block.hpp"

namespace ablate {

using STMBlockOptions = BlockOptions;  ///< channels are even

/// Split, transform, merge: the passive half passes (through a 1 x 1 convolution where in != out), the active
/// half goes through [1 x 1 ->] depthwise RepConv -> AffinePRCM; the two are concatenated and shuffled.
/// Input [N, in, H, W], output [N, out, H, W]. Names: passive_adjust, pw_conv, dw_repconv, affine_prcm.
class STMBlockImpl : public BlockModule<STMBlockImpl, FusableBlock> {
 public:
  static constexpr auto own_recalibration = RecalibrationKind::affine;

  /// Throws UserError for options that cannot work.
  explicit STMBlockImpl(STMBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  void switch_to_deploy() { switch_to(Form::deploy); }

  Form form() const override { return options.form(); }
  void switch_to(Form form) override;
  Traits traits() const override;
  kernels::BlockParts parts() const override;

  STMBlockOptions options;

 protected:
  kernels::Weights weights() const override;
  torch::Tensor by_operations(const torch::Tensor& input) override;

 private:
  torch::nn::Conv2d passive_adjust{nullptr}, pw_conv{nullptr};
  RepConv dw_repconv{nullptr};
  std::shared_ptr<AnyRecalibration> affine_prcm;
};
TORCH_MODULE(STMBlock);

}  // namespace ablate
