#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

/// The room of the fused forms: a deployed block as one call. `cpu` and `cuda` hold a device's kernels each.

namespace ablate::kernels {

/// output[m] = weight[m, :] . input[from : from + columns] + bias[m] at every pixel, then ReLU if wanted.
struct Pointwise {
  at::Tensor weight;  ///< [rows, columns]
  at::Tensor bias;    ///< [rows], or undefined
  bool relu = false;
  int64_t from = 0;  ///< first input channel that it reads
};

/// Where a part's channels lie in a whole: channel c of the part is channel first + c * step of the whole.
struct ChannelMap {
  int64_t first = 0, step = 1;
};

/// A deployed block, every batch norm folded, as the kernels take it. All blocks are the same steps, some of
/// which are absent:
///
///   source  = adjust_active(input), or the channels of input that active_in names            [N, A, H, W]
///   passed  = adjust_passive(input), or the channels of input that passive_in names          [N, P, H, W]
///   y       = ReLU(depthwise(source) + bias)                                                  [N, A, H, W]
///   c       = basis . mean of y over H and W                                                  [N, num_basis]
///   active  = y * sigmoid(scale . c) + shift . c                                              [N, A, H, W]
///   output  = mix([active, passed]), or active and passed laid out as active_out and passive_out name
///
/// DWBlock: P = 0. STMBlock: passive first, the output's channels interleaved. FastSTMBlock: active first,
/// mix. The tensors are the module's own or views of them: one device, one floating-point dtype.
struct BlockParts {
  int64_t in_channels = 0, out_channels = 0;
  int64_t active = 0, passive = 0;  ///< A and P; out_channels = A + P

  ChannelMap active_in, passive_in;    ///< in the input, where nothing adjusts; step is 1
  ChannelMap active_out, passive_out;  ///< in the output, where nothing mixes
  std::optional<Pointwise> adjust_active, adjust_passive;

  at::Tensor depthwise_weight;  ///< [A, k, k], k odd, stride 1, padding k / 2
  at::Tensor depthwise_bias;    ///< [A]

  at::Tensor basis;  ///< [num_basis, A]; undefined: no recalibration
  at::Tensor scale;  ///< [A, num_basis]; undefined: no recalibration
  at::Tensor shift;  ///< [A, num_basis]; undefined: none

  std::optional<Pointwise> mix;  ///< [out, A + P]: the columns of active, then those of passed

  int64_t kernel_size() const { return depthwise_weight.size(-1); }
  int64_t num_basis() const { return basis.defined() ? basis.size(0) : 0; }
};

}  // namespace ablate::kernels
