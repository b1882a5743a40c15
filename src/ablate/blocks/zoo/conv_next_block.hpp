#pragma once

#include "ablate/blocks/block.hpp"

#include <torch/nn/modules/container/sequential.h>

namespace ablate {

struct ConvNeXtBlockOptions {
  ConvNeXtBlockOptions(int64_t channels) : channels_(channels) {}

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, kernel_size) = 7;    ///< of the depthwise convolution, odd
  TORCH_ARG(int64_t, expansion) = 4;      ///< of the linear layers
  TORCH_ARG(double, layer_scale) = 1e-6;  ///< initial gain of the branch
};

/// ConvNeXt's block (Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, A ConvNet for the 2020s, CVPR 2022, figure
/// 4): depthwise convolution, layer norm over the channels, two linear layers with GELU between them, a gain
/// for each channel; added to the input. [N, C, H, W] to the same. Names follow torchvision's CNBlock:
/// block.0, block.2, block.3, block.5, layer_scale [C, 1, 1]. No stochastic depth.
class ConvNeXtBlockImpl : public BlockModule<ConvNeXtBlockImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit ConvNeXtBlockImpl(ConvNeXtBlockOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override;

  ConvNeXtBlockOptions options;

 private:
  torch::nn::Sequential block{nullptr};
  torch::Tensor layer_scale;
};
TORCH_MODULE(ConvNeXtBlock);

}  // namespace ablate
