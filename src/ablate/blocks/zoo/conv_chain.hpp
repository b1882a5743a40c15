#pragma once

#include "ablate/blocks/fuse.hpp"

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>

#include <string>
#include <vector>

namespace ablate {

enum class Activation { none, relu, relu6 };

/// One convolution of a chain, the batch norm behind it, and its activation.
struct ConvStep {
  std::string conv, norm;  ///< the names they are registered under; no batch norm where `norm` is empty
  torch::nn::Conv2dOptions options;
  Activation activation = Activation::none;
  std::string within = {};  ///< name of a child that holds both; empty: the chain itself
};

/// A convolution as most blocks of the literature have it: no bias, padded so that stride 1 keeps the size.
torch::nn::Conv2dOptions same_conv(int64_t in, int64_t out, int64_t kernel_size, int64_t stride = 1,
                                   int64_t groups = 1);

struct ConvChainOptions {
  ConvChainOptions(std::vector<ConvStep> steps) : steps_(std::move(steps)) {}

  TORCH_ARG(std::vector<ConvStep>, steps);
  TORCH_ARG(bool, folded) = false;  ///< each batch norm inside the convolution before it
};

/// Convolutions with batch norms and activations under the names of a Python nn.Sequential, or of several
/// within one another: what the blocks of the literature are made of. A part of them, not a block.
class ConvChainImpl : public torch::nn::Cloneable<ConvChainImpl> {
 public:
  explicit ConvChainImpl(ConvChainOptions options);
  void reset() override;

  /// One step after the other.
  torch::Tensor forward(const torch::Tensor& input);
  /// All steps on the same input, summed: branches.
  torch::Tensor sum(const torch::Tensor& input);

  /// Each step as numbers, its batch norm in it. Precondition: every step has one.
  std::vector<ConvKernel> kernels() const;
  /// Folds the batch norms, in double precision. Idempotent.
  void fold();

  /// Of the first convolution.
  const torch::Tensor& weight() const;

  ConvChainOptions options;

 private:
  /// A step as modules: either `inner`, or what it would hold.
  struct Built {
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d norm{nullptr};
    std::shared_ptr<ConvChainImpl> inner;
    Activation activation = Activation::none;
    torch::Tensor forward(const torch::Tensor& input);
  };

  Built build(const ConvStep& step);

  std::vector<Built> built_;
};
TORCH_MODULE(ConvChain);

}  // namespace ablate
