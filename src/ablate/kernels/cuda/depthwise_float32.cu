#include "ablate/kernels/cuda/depthwise_kernel.cuh"

namespace ablate::kernels::cuda::general {

cudaError_t launch_depthwise_float32(const DepthwisePlan& plan, const DepthwiseWork& work,
                                     cudaStream_t stream) {
  return launch_depthwise_element<float>(plan, work, stream);
}

}  // namespace ablate::kernels::cuda::general
