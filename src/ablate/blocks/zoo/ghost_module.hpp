#pragma once

#include "ablate/blocks/zoo/conv_chain.hpp"
#include "ablate/blocks/zoo/folding.hpp"

namespace ablate {

struct GhostModuleOptions {
  GhostModuleOptions(int64_t in_channels, int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}

  /// Channels that the primary convolution gives; the others are made from them.
  int64_t intrinsic() const { return (out_channels_ + ratio_ - 1) / ratio_; }

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);
  TORCH_ARG(int64_t, ratio) = 2;        ///< s: channels of the output over intrinsic ones
  TORCH_ARG(int64_t, kernel_size) = 1;  ///< of the primary convolution, odd
  TORCH_ARG(int64_t, cheap_size) = 3;   ///< d: of the cheap operation's depthwise convolution, odd
  TORCH_ARG(bool, use_activation) = true;
  TORCH_ARG(bool, folded) = false;
};

/// The Ghost module (Han, Wang, Tian, Guo, Xu, Xu, GhostNet: More Features from Cheap Operations, CVPR 2020,
/// section 3.1, figure 2b): a convolution gives some of the channels, a depthwise one over them the others,
/// each with batch norm and ReLU; what is more than asked for is cut off. Input [N, in, H, W], output
/// [N, out, H, W]. Names follow timm's and the authors' GhostModule: primary_conv.0, .1, cheap_operation.0,
/// .1.
class GhostModuleImpl : public FoldingBlock<GhostModuleImpl> {
 public:
  static constexpr auto own_name = "GhostModule";

  /// Throws UserError for options that cannot work.
  explicit GhostModuleImpl(GhostModuleOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;
  void fold();

  GhostModuleOptions options;

 private:
  ConvChain primary_conv{nullptr}, cheap_operation{nullptr};
};
TORCH_MODULE(GhostModule);

}  // namespace ablate
