#pragma once

#include "ablate/blocks/fusable_block.hpp"
#include "ablate/blocks/prcm.hpp"
#include "ablate/blocks/rep_conv.hpp"

namespace ablate {

/// Options of the three blocks that the notebook compares.
struct BlockOptions {
  BlockOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  /// Of the recalibration over `channels` of the block's own.
  PRCMOptions prcm(int64_t channels) const {
    return PRCMOptions(channels).num_basis(num_basis_).dropout_rate(dropout_rate_);
  }

  /// Of the depthwise RepConv over `channels` of the block's own, in the block's form.
  RepConvOptions rep_conv(int64_t channels) const {
    return depthwise(channels, kernel_size_)
        .kxk(kxk_)
        .pointwise(pointwise_)
        .identity(identity_)
        .deploy(form_ != Form::train);
  }

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 7;  ///< odd
  TORCH_ARG(int64_t, num_basis) = 8;
  TORCH_ARG(double, dropout_rate) = 0.5;
  TORCH_ARG(Form, form) = Form::train;

  // Parts that can be taken away, or changed, to see what each costs.
  TORCH_ARG(std::optional<RecalibrationKind>, recalibration);  ///< none given: the block's own
  TORCH_ARG(bool, kxk) = true;                                 ///< branches of the RepConv
  TORCH_ARG(bool, pointwise) = true;
  TORCH_ARG(bool, identity) = true;
  TORCH_ARG(bool, shuffle) = true;  ///< of STMBlock: without it the halves stay where they are
  TORCH_ARG(bool, mixing) = true;   ///< of FastSTMBlock: without it the halves are only concatenated
};

using DWBlockOptions = BlockOptions;

/// [1 x 1 convolution where in != out] -> depthwise RepConv over all channels -> PRCM.
/// Input [N, in, H, W], output [N, out, H, W]. Names: conv.0, conv.1, prcm.
class DWBlockImpl : public BlockModule<DWBlockImpl, FusableBlock> {
 public:
  static constexpr auto own_recalibration = RecalibrationKind::scale;

  /// Throws UserError for options that cannot work.
  explicit DWBlockImpl(DWBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  void switch_to_deploy() { switch_to(Form::deploy); }

  Form form() const override { return options.form(); }
  void switch_to(Form form) override;
  Traits traits() const override;
  kernels::BlockParts parts() const override;

  DWBlockOptions options;

 protected:
  kernels::Weights weights() const override;
  torch::Tensor by_operations(const torch::Tensor& input) override;

 private:
  RepConvImpl& rep_conv() const;
  bool adjusts() const { return options.in_channels() != options.out_channels(); }

  torch::nn::Sequential conv{nullptr};
  std::shared_ptr<AnyRecalibration> prcm;
};
TORCH_MODULE(DWBlock);

}  // namespace ablate
