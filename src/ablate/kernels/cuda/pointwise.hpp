#pragma once

#include <cuda_runtime_api.h>

#include "ablate/kernels/cuda/general.hpp"
#include "ablate/kernels/cuda/overlap.hpp"

namespace ablate::kernels::cuda::general {

/// output[b, m, p] = act(sum over k of weight[m, k] * (scale[b, k] * x[b, k, p] + shift[b, k]) + bias[m])
///
/// at every pixel p. x is `first` up to channel first_columns and `second` from there on; scale and shift are
/// of the first's channels alone. Sums are float32 whatever the element; 16-bit elements are rounded once
/// after scale and shift. float32 is multiplied as three TF32 products (as exact as float32 sums are); sums
/// that are not finite, or below 1e-30 but not zero, are made anew in plain float32.
///
/// The same bits each time. Allocates nothing, waits for nothing, may be captured in a graph.
struct PointwiseCall {
  Element element = Element::float32;  ///< of first, second, weight and output
  bool single_tf32 = false;            ///< float32 alone: one TF32 product, relative error of some 5e-4
  int64_t batch = 1, pixels = 0;       ///< pixels = H * W
  int64_t rows = 0, columns = 0;       ///< output and input channels
  int64_t first_columns = 0;           ///< as `columns` where there is no second
  ConstPlanes first, second;
  const void* weight = nullptr;  ///< packed, aligned to 16 bytes
  const float* bias = nullptr;   ///< [rows], or none
  const float* scale = nullptr;  ///< [batch, first_columns], or none
  const float* shift = nullptr;  ///< [batch, first_columns], or none; only with scale
  bool relu = false;
  Planes output;  ///< must not overlap the input
  Begin begin = Begin::behind;
};

/// Bytes of packed weights.
int64_t packed_weight_bytes(int64_t rows, int64_t columns, Element element);

/// `weight` is [rows, columns], rows `row_stride` elements apart. Once a block, not once a call.
cudaError_t launch_pack_weight(const void* weight, int64_t row_stride, int64_t rows, int64_t columns,
                               Element element, void* packed, cudaStream_t stream);

/// cudaErrorInvalidValue where rows or columns are none, and where pixels, channels or tiles are beyond 2^30.
cudaError_t launch_pointwise(const PointwiseCall& call, const Machine& machine, cudaStream_t stream);

}  // namespace ablate::kernels::cuda::general
