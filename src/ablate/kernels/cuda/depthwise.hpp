#pragma once

#include <cuda_runtime_api.h>

#include "ablate/kernels/cuda/general.hpp"

namespace ablate::kernels::cuda::general {

/// y = ReLU(depthwise k x k of x, stride 1, padding k / 2, + bias), and y's sums for its mean.
///
/// y is stored in the element, as the deployed form stores it, and summed as stored: 16-bit elements are
/// rounded once here and once more after the gate. Sums are float32 and in a fixed order: the same bits each
/// time. Allocates nothing, waits for nothing, may be captured in a graph.
struct DepthwiseCall {
  Element element = Element::float32;  ///< of x and y
  int kernel_size = 7;                 ///< 1, 3, 5, 7 or 9
  int64_t batch = 1, channels = 0, height = 0, width = 0;
  ConstPlanes x;
  const float* filters = nullptr;  ///< packed, aligned to 16 bytes
  Planes y;                        ///< must not overlap x
  float* sums = nullptr;           ///< [batch, channels, depthwise_sums()], or none
};

/// Floats of a channel in `filters`: its k * k weights, its bias, zeros.
int64_t packed_filter_floats(int kernel_size);

/// `weight` is [channels, k, k], `bias` [channels], both contiguous. Once a block, not once a call.
cudaError_t launch_pack_filters(const void* weight, const void* bias, int64_t channels, int kernel_size,
                                Element element, float* packed, cudaStream_t stream);

/// How many sums a channel has; GateCall wants to know.
int64_t depthwise_sums(const DepthwiseCall& call, const Machine& machine);

/// cudaErrorInvalidValue for another kernel size, and where one image or the number of tiles is beyond 2^30.
cudaError_t launch_depthwise(const DepthwiseCall& call, const Machine& machine, cudaStream_t stream);

}  // namespace ablate::kernels::cuda::general
