#pragma once

#include "ablate/kernels/block_parts.hpp"
#include "ablate/kernels/cpu/capability.hpp"
#include "ablate/kernels/scheme.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ablate::kernels {

/// A deployed block on the CPU, float32: weights packed once, at most three parallel regions an image.
class CpuBlock {
 public:
  /// Why there is no kernel for such a block ("kernel size 11: 1, 3, 5, 7 and 9 have one"), or nothing.
  static std::optional<std::string> refuses(const BlockParts& parts);

  /// `parts` are float32 on the CPU; packed here, not kept. Precondition: not refused.
  explicit CpuBlock(const BlockParts& parts, Capability capability = best_capability());
  ~CpuBlock();
  CpuBlock(CpuBlock&&) noexcept;
  CpuBlock& operator=(CpuBlock&&) noexcept;

  /// [N, in, H, W], float32, to a new contiguous [N, out, H, W]; an input that is not contiguous NCHW is made
  /// so first. No gradient is recorded. Allocates the output alone, once a thread's scratch has grown to the
  /// shape. May be called from several threads at once. The bits do not depend on the number of threads.
  at::Tensor operator()(const at::Tensor& input) const;

  /// What runs for such an input, and why.
  Scheme scheme(const ImageShape& shape) const;

 private:
  struct Packed;
  std::unique_ptr<Packed> packed_;
};

}  // namespace ablate::kernels
