#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace ablate {

/// A convolution as numbers: `weight` [out, in / groups, k, k] and `bias` [out].
///
/// Convolutions of one shape, stride and padding are linear in these numbers, so parallel branches over the
/// same input add up to a single one (Ding et al., RepVGG, CVPR 2021, section 3.3). All functions here are
/// pure; they compute in double, because a small running variance would otherwise cost the fused kernel four
/// digits.
struct ConvKernel {
  torch::Tensor weight;
  torch::Tensor bias;
};

/// The convolution `weight` (no bias) followed by `norm` in evaluation mode.
ConvKernel fold_batch_norm(const torch::Tensor& weight, const torch::nn::BatchNorm2dImpl& norm);

/// The k x k kernel that copies each of `channels` inputs to its output, within `groups`: [channels, channels
/// / groups, k, k].
torch::Tensor identity_kernel(int64_t channels, int64_t groups, int64_t kernel_size);

/// A 1 x 1 kernel, zero-padded so that it sits in the centre of a k x k one. `kernel_size` is odd.
torch::Tensor centre_in(const torch::Tensor& pointwise, int64_t kernel_size);

ConvKernel operator+(const ConvKernel& a, const ConvKernel& b);

/// `conv` and the `norm` behind it as one convolution with a bias, on the same device, in the same dtype and
/// mode.
torch::nn::Conv2d folded(const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& norm);

/// Copies the numbers into `conv`, rounded to the dtype of `like` and moved to its device.
void load_kernel(torch::nn::Conv2dImpl& conv, const ConvKernel& kernel, const torch::Tensor& like);

}  // namespace ablate
