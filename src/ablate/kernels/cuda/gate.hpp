#pragma once

#include <cuda_runtime_api.h>

#include "ablate/kernels/cuda/general.hpp"

namespace ablate::kernels::cuda::general {

// From the depthwise's sums to the output. The same bits each time; allocates nothing, waits for nothing, may
// be captured in a graph.

/// c = basis . mean; scale_out = sigmoid(scale . c), shift_out = shift . c. One block a sample.
struct GateCall {
  int64_t batch = 1, channels = 0, num_basis = 0;
  int64_t sums_a_channel = 1, pixels = 1;  ///< pixels = H * W, what the mean divides by
  const float* sums = nullptr;             ///< [batch, channels, sums_a_channel]
  const float* basis = nullptr;            ///< [num_basis, channels]
  const float* scale = nullptr;            ///< [channels, num_basis]
  const float* shift = nullptr;            ///< [channels, num_basis], or none
  float* scale_out = nullptr;              ///< [batch, channels]
  float* shift_out = nullptr;              ///< [batch, channels]; only with shift
};

/// cudaErrorInvalidValue where num_basis is more than 8192 or 0.
cudaError_t launch_gate(const GateCall& call, cudaStream_t stream);

/// active_out = y * scale + shift, passive_out = passive_in bit for bit.
struct ApplyCall {
  Element element = Element::float32;
  int64_t batch = 1, pixels = 0;
  int64_t active = 0, passive = 0;  ///< channels; either may be 0
  ConstPlanes y;
  const float* scale = nullptr;  ///< [batch, active], or none: 1
  const float* shift = nullptr;  ///< [batch, active], or none: 0
  Planes active_out;             ///< may be y itself
  ConstPlanes passive_in;
  Planes passive_out;
};

/// cudaErrorInvalidValue where planes are beyond 2^31.
cudaError_t launch_apply(const ApplyCall& call, cudaStream_t stream);

}  // namespace ablate::kernels::cuda::general
