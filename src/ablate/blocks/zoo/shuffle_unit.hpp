#pragma once

#include "ablate/blocks/zoo/conv_chain.hpp"
#include "ablate/blocks/zoo/folding.hpp"

namespace ablate {

struct ShuffleUnitOptions {
  ShuffleUnitOptions(int64_t channels) : channels_(channels) {}

  TORCH_ARG(int64_t, channels);         ///< even
  TORCH_ARG(int64_t, kernel_size) = 3;  ///< odd
  TORCH_ARG(bool, folded) = false;
};

/// ShuffleNetV2's basic unit (Ma, Zhang, Zheng, Sun, ShuffleNet V2: Practical Guidelines for Efficient CNN
/// Architecture Design, ECCV 2018, figure 3c): the second half of the channels through a pointwise, a
/// depthwise and a pointwise convolution, each with batch norm; concatenation; shuffle of two groups.
/// [N, C, H, W] to the same. Names follow torchvision's InvertedResidual of ShuffleNetV2 at stride 1:
/// branch2.0, .1, .3, .4, .5, .6.
class ShuffleUnitImpl : public FoldingBlock<ShuffleUnitImpl> {
 public:
  static constexpr auto own_name = "ShuffleUnit";

  /// Throws UserError for options that cannot work.
  explicit ShuffleUnitImpl(ShuffleUnitOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;
  void fold() { branch2->fold(); }

  ShuffleUnitOptions options;

 private:
  ConvChain branch2{nullptr};
};
TORCH_MODULE(ShuffleUnit);

}  // namespace ablate
