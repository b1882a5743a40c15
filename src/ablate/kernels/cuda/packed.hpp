#pragma once

#include "ablate/kernels/block_parts.hpp"
#include "ablate/kernels/cuda/choose.hpp"
#include "ablate/kernels/cuda/depthwise.hpp"
#include "ablate/kernels/cuda/gate.hpp"
#include "ablate/kernels/cuda/meetings.hpp"
#include "ablate/kernels/cuda/pointwise.hpp"

namespace ablate::kernels::cuda {

/// A pointwise convolution's weights as the kernels take them.
struct PackedPointwise {
  int64_t rows = 0, columns = 0, from = 0;
  bool relu = false;
  at::Tensor weight;      ///< packed for general::launch_pointwise
  at::Tensor bias;        ///< [rows], float32, or undefined
  at::Tensor warpgroups;  ///< both, for launch_warpgroup: see warpgroup_weights.hpp; undefined where not used
};

/// A block's weights as the kernels take them, on its device.
struct PackedBlock {
  /// Queued on the current stream.
  explicit PackedBlock(const BlockParts& parts);

  at::ScalarType dtype;
  Element element;
  general::Machine machine;
  int major = 0;          ///< of the device's compute capability
  bool overlaps = false;  ///< launches may begin early

  int64_t in_channels;
  int out_channels, active, passive, kernel, num_basis;
  int basis_width = 0;  ///< num_basis, up to a power of two
  bool has_gate, has_shift, mixes, mix_relu = false;
  ChannelMap active_in, passive_in, active_out, passive_out;

  at::Tensor filters;              ///< [active + rows that a box may read beyond, padded_taps]
  at::Tensor basis, scale, shift;  ///< [active, basis_width]
  at::Tensor rows, gain_rows;      ///< see DepthwiseGate; no gain_rows of more than `most_gains` channels
  int gain_floats = 0;
  at::Tensor toeplitz;       ///< [active] of ToeplitzKernel, as bytes; of 16-bit elements and 7 x 7 alone
  at::Tensor mix, mix_bias;  ///< fragments; [out_channels, up to a multiple of 16]

  at::Tensor warpgroup_filters, warpgroup_gates,
      warpgroup_mix;  ///< see WarpgroupWeights; only where they can be used
  WarpgroupWeights warpgroup_weights() const;

  at::Tensor general_basis, general_scale, general_shift;  ///< as BlockParts has them, float32
  PackedPointwise general_mix;
  std::optional<PackedPointwise> adjust_active, adjust_passive;
  bool adjusts_passive = false;  ///< by adjust_passive, or by adjust_active too, where there is no such
};

}  // namespace ablate::kernels::cuda
