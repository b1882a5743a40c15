#pragma once

#include "ablate/kernels/block_parts.hpp"
#include "ablate/kernels/cpu/kernels.hpp"
#include "ablate/kernels/cpu/scratch.hpp"

#include <optional>

namespace ablate::kernels {

/// A pointwise convolution in panels.
struct PackedPointwise {
  PackedPointwise(const Pointwise& pointwise, const Kernels& kernels);

  Panels panels() const { return {weights.data(), bias.data(), rows, columns, relu}; }

  AlignedFloats weights, bias;
  int64_t rows, columns, from;
  bool relu;
};

/// A block's weights in the order in which the kernels read them.
struct PackedBlock {
  PackedBlock(const BlockParts& parts, const Kernels& kernels);

  const float* depthwise_of(int64_t channel) const { return depthwise.data() + channel * depthwise_floats; }

  const Kernels* kernels;
  int64_t in_channels, out_channels, active, passive, kernel_size, num_basis;
  bool recalibrates;
  ChannelMap active_in, passive_in, active_out, passive_out;
  std::optional<PackedPointwise> adjust_active, adjust_passive, mix;
  int64_t depthwise_floats;  ///< of one channel
  AlignedFloats depthwise, depthwise_bias;
  AlignedFloats basis;         ///< [num_basis, active]
  AlignedFloats scale, shift;  ///< [active, num_basis]; shift: null where there is none
};

}  // namespace ablate::kernels
