#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/kernels/fused_call.hpp"

#include <torch/nn/modules/conv.h>

namespace ablate {

/// A block that has the form `fused`: the parameters of `folded`, computed in one call where there is a
/// kernel for them (`no_kernel` says why there is none), and operation by operation, as `folded` is,
/// elsewhere.
///
/// The form is for inference alone, with a kernel or without. Its parameters do not require a gradient, what
/// it gives has no graph. A call throws UserError where a gradient would be recorded (grad mode is on, and
/// the input or a parameter requires one), and in training mode where dropout would act. Autocast does not
/// reach it. Inputs with any strides are taken; the output is contiguous NCHW.
///
/// Weights are packed in the first call, which cannot be captured in a CUDA graph therefore, and again in the
/// first one after they changed. Only edits that PyTorch does not see (through `.data()`, or in place under
/// InferenceMode of tensors that were made there) have to be told: `switch_to(Form::fused)` packs anew. A
/// CUDA graph holds the packed weights of its capture, as it holds the addresses of any others: they must
/// stay as they are while it is replayed.
class FusableBlock : public Block {
 public:
  /// Why the form `fused` has no kernel for the block as it stands, on its device and in its dtype, or
  /// nothing. Precondition: its form is folded or fused.
  std::optional<std::string> no_kernel() const;

  /// What runs for images of this shape, and why. Precondition: no_kernel() is nothing.
  kernels::Scheme scheme(const kernels::ImageShape& shape) const;

  /// The block as kernels take it: views of its own tensors. Precondition: its form is folded or fused.
  virtual kernels::BlockParts parts() const = 0;

 protected:
  /// The tensors that `parts` are views of, in an order that does not change.
  virtual kernels::Weights weights() const = 0;

  /// The forward pass in LibTorch's operations, in whatever form.
  virtual torch::Tensor by_operations(const torch::Tensor& input) = 0;

  /// The forward pass of the form `fused`. `draws` says whether the present mode draws random numbers.
  torch::Tensor fused(std::string_view block, const torch::Tensor& input, bool draws);

  /// What a block does when it becomes fused, from whichever form, and when it is built so.
  void become_fused();

 private:
  mutable kernels::FusedCall call_;
};

/// While one lives, fused blocks of this thread compute operation by operation: for those who look at the
/// operations, which a single call hides.
class UnfusedGuard {
 public:
  UnfusedGuard();
  ~UnfusedGuard();
  UnfusedGuard(const UnfusedGuard&) = delete;
  UnfusedGuard& operator=(const UnfusedGuard&) = delete;

 private:
  bool before_;
};

/// `weight` [rows, columns, 1, 1] and `bias` of a 1 x 1 convolution as kernels take them.
kernels::Pointwise pointwise_of(const torch::nn::Conv2d& conv, bool relu, int64_t from = 0);

}  // namespace ablate
