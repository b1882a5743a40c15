#include "ablate/kernels/cuda/pointwise_launch.cuh"

namespace ablate::kernels::cuda::general {

cudaError_t launch_pointwise_bfloat16(const PointwisePlan& plan, const PointwiseWork& work,
                                      cudaStream_t stream) {
  return launch_pointwise_tile<__nv_bfloat16, false>(plan.tile, plan, work, stream);
}

}  // namespace ablate::kernels::cuda::general
