#pragma once

#include "ablate/kernels/block_parts.hpp"

namespace ablate::kernels {

/// What a kernel must give, in LibTorch's operations, step by step as BlockParts tells them: any device, any
/// floating-point dtype, any odd kernel. Tests hold the kernels against it, in float64 where that says more.
/// [N, in, H, W] to a new [N, out, H, W], contiguous.
at::Tensor reference(const BlockParts& parts, const at::Tensor& input);

/// The same block with every tensor in another dtype.
BlockParts in_dtype(const BlockParts& parts, at::ScalarType dtype);

}  // namespace ablate::kernels
