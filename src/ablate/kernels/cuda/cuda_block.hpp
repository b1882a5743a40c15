#pragma once

#include "ablate/kernels/block_parts.hpp"
#include "ablate/kernels/scheme.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ablate::kernels {

/// A deployed block on a CUDA device, float32, float16 or bfloat16: weights packed once, one launch a call
/// where the device can hold the block's work at one time, two or three where it cannot.
class CudaBlock {
 public:
  /// Why there is no kernel for such a block ("kernel size 11: 1, 3, 5, 7 and 9 have one"), or nothing.
  static std::optional<std::string> refuses(const BlockParts& parts);

  /// `parts` are on the device; packed here, not kept. Precondition: not refused.
  explicit CudaBlock(const BlockParts& parts);
  ~CudaBlock();
  CudaBlock(CudaBlock&&) noexcept;
  CudaBlock& operator=(CudaBlock&&) noexcept;

  /// [N, in, H, W], contiguous NCHW, dtype and device of the parts, to a new [N, out, H, W], on the caller's
  /// current stream, without synchronising; may be captured in a CUDA graph. No gradient is recorded.
  at::Tensor operator()(const at::Tensor& input) const;

  /// What runs for such an input on this device, and why.
  Scheme scheme(const ImageShape& shape) const;

 private:
  struct Packed;
  std::unique_ptr<Packed> packed_;
};

}  // namespace ablate::kernels
