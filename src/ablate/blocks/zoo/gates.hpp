#pragma once

#include "ablate/blocks/block.hpp"

#include <torch/nn/modules/conv.h>

#include <algorithm>

namespace ablate {

struct SqueezeExcitationOptions {
  SqueezeExcitationOptions(int64_t channels) : channels_(channels) {}

  int64_t squeezed() const { return std::max<int64_t>(1, channels_ / reduction_); }

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, reduction) = 16;  ///< r: channels over those of the bottleneck
};

/// The squeeze-and-excitation gate (Hu, Shen, Albanie, Sun, Wu, Squeeze-and-Excitation Networks, CVPR 2018,
/// equations 2 to 4, figure 3): each channel times a sigmoid of what two layers make of all channels'
/// averages. [N, C, H, W] to the same. Names follow torchvision's SqueezeExcitation: fc1, fc2, pointwise
/// convolutions with biases.
class SqueezeExcitationImpl : public BlockModule<SqueezeExcitationImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit SqueezeExcitationImpl(SqueezeExcitationOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  SqueezeExcitationOptions options;

 private:
  torch::nn::Conv2d fc1{nullptr}, fc2{nullptr};
};
TORCH_MODULE(SqueezeExcitation);

struct ECAOptions {
  ECAOptions(int64_t channels) : channels_(channels) {}

  /// What the paper's rule gives where none is given: the odd number next to (log2 C + 1) / 2, at least 3 as
  /// in the authors' and timm's code.
  int64_t size() const;

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, kernel_size) = 0;  ///< k, odd; 0: from the channels
};

/// The efficient channel attention gate (Wang, Wu, Zhu, Li, Zuo, Hu, ECA-Net, CVPR 2020, equations 9 and 12,
/// figure 2): each channel times a sigmoid of a convolution along the channels' averages. [N, C, H, W] to
/// the same. Names follow timm's EcaModule: conv [1, 1, k].
class ECAImpl : public BlockModule<ECAImpl> {
 public:
  /// Throws UserError for options that cannot work.
  explicit ECAImpl(ECAOptions options);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);

  ECAOptions options;

 private:
  torch::nn::Conv1d conv{nullptr};
};
TORCH_MODULE(ECA);

}  // namespace ablate
