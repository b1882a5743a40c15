#pragma once

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

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, kernel_size) = 7;  ///< odd
  TORCH_ARG(int64_t, num_basis) = 8;
  TORCH_ARG(double, dropout_rate) = 0.5;
  TORCH_ARG(Form, form) = Form::train;
};

using DWBlockOptions = BlockOptions;

/// [1 x 1 convolution where in != out] -> depthwise RepConv over all channels -> PRCM.
/// Input [N, in, H, W], output [N, out, H, W]. Names: conv.0, conv.1, prcm.
class DWBlockImpl : public BlockModule<DWBlockImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit DWBlockImpl(DWBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  void switch_to_deploy() { switch_to(Form::deploy); }

  Form form() const override { return options.form(); }
  void switch_to(Form form) override;
  Traits traits() const override;

  DWBlockOptions options;

 private:
  torch::nn::Sequential conv{nullptr};
  PRCM prcm{nullptr};
};
TORCH_MODULE(DWBlock);

}  // namespace ablate
