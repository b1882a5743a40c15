#pragma once

#include "ablate/kernels/cuda/pointwise_kernel.cuh"

namespace ablate::kernels::cuda::general {

template <class T, bool kSingle, int kTile = 0>
cudaError_t launch_pointwise_tile(int tile, const PointwisePlan& plan, const PointwiseWork& work,
                                  cudaStream_t stream) {
  if constexpr (kTile == kPointwiseTileCount) {
    return cudaErrorInvalidValue;
  } else {
    if (tile != kTile) return launch_pointwise_tile<T, kSingle, kTile + 1>(tile, plan, work, stream);
    constexpr int kThreads = kPointwiseTiles[kTile].threads();
    return launch<pointwise_kernel<T, kTile, kSingle>>({plan.row_tiles, plan.walkers}, kThreads,
                                                       plan.shared_bytes, stream, work,
                                                       work.call.begin);
  }
}

// One file an element, so that they compile side by side.
cudaError_t launch_pointwise_float32(const PointwisePlan& plan, const PointwiseWork& work,
                                     cudaStream_t stream);
cudaError_t launch_pointwise_float16(const PointwisePlan& plan, const PointwiseWork& work,
                                     cudaStream_t stream);
cudaError_t launch_pointwise_bfloat16(const PointwisePlan& plan, const PointwiseWork& work,
                                      cudaStream_t stream);

}  // namespace ablate::kernels::cuda::general
