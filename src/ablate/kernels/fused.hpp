#pragma once

#include "ablate/kernels/cpu/cpu_block.hpp"
#include "ablate/kernels/cuda/cuda_block.hpp"

#include <variant>

namespace ablate::kernels {

/// A deployed block as one call, on whichever device its parts are.
class FusedBlock {
 public:
  /// Why no kernel takes such a block where its parts are ("float64 on the CPU: float32 has one"), or
  /// nothing.
  static std::optional<std::string> refuses(const BlockParts& parts);

  /// Precondition: not refused.
  explicit FusedBlock(const BlockParts& parts);

  /// [N, in, H, W] with any strides, dtype and device of the parts, not empty, to a new [N, out, H, W] in
  /// contiguous NCHW. An input that is not laid out so, channels_last among them, is copied first. No
  /// gradient is recorded. May be called from several threads at once.
  at::Tensor operator()(const at::Tensor& input) const;

  /// What runs for such an input, and why.
  Scheme scheme(const ImageShape& shape) const;

 private:
  std::variant<CpuBlock, CudaBlock> block_;
};

}  // namespace ablate::kernels
