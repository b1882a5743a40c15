#include "ablate/kernels/cuda/pointwise_launch.cuh"

namespace ablate::kernels::cuda::general {

cudaError_t launch_pointwise_float32(const PointwisePlan& plan, const PointwiseWork& work,
                                     cudaStream_t stream) {
  return work.call.single_tf32 ? launch_pointwise_tile<float, true>(plan.tile, plan, work, stream)
                               : launch_pointwise_tile<float, false>(plan.tile, plan, work, stream);
}

}  // namespace ablate::kernels::cuda::general
