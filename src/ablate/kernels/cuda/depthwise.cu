#include "ablate/kernels/cuda/depthwise.hpp"

#include "ablate/kernels/cuda/depthwise_kernel.cuh"

namespace ablate::kernels::cuda::general {
namespace {

struct PackWork {
  const void *weight, *bias;
  int64_t channels;
  int taps, packed_taps;
  float* packed;
};

template <class T>
__global__ void __launch_bounds__(256) pack_filters_kernel(const __grid_constant__ PackWork work) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t channel = i / work.packed_taps;
  const int tap = static_cast<int>(i % work.packed_taps);
  if (channel >= work.channels) return;
  float value = 0;
  if (tap < work.taps) value = to_float(static_cast<const T*>(work.weight)[channel * work.taps + tap]);
  if (tap == work.taps) value = to_float(static_cast<const T*>(work.bias)[channel]);
  work.packed[i] = value;
}

template <class T>
cudaError_t pack_as(const PackWork& work, cudaStream_t stream) {
  const auto blocks = ceil_div(work.channels * work.packed_taps, 256);
  return launch<pack_filters_kernel<T>>({blocks}, 256, 0, stream, work);
}

DepthwisePlan plan_of(const DepthwiseCall& call, const Machine& machine) {
  return plan_depthwise({call.batch, call.channels, call.height, call.width, call.kernel_size, call.element},
                        machine);
}

bool wide(const ConstPlanes& planes, const DepthwiseCall& call) {
  return call.width % 4 == 0 && aligned(planes, call.element, 4 * bytes_of(call.element));
}

}  // namespace

int64_t packed_filter_floats(int kernel_size) { return padded_taps(kernel_size); }

cudaError_t launch_pack_filters(const void* weight, const void* bias, int64_t channels, int kernel_size,
                                Element element, float* packed, cudaStream_t stream) {
  const PackWork work{weight, bias, channels, kernel_size * kernel_size, padded_taps(kernel_size), packed};
  switch (element) {
    case Element::float32:
      return pack_as<float>(work, stream);
    case Element::float16:
      return pack_as<__half>(work, stream);
    case Element::bfloat16:
      return pack_as<__nv_bfloat16>(work, stream);
  }
  return cudaErrorInvalidValue;
}

int64_t depthwise_sums(const DepthwiseCall& call, const Machine& machine) {
  return plan_of(call, machine).tiles_a_plane();
}

cudaError_t launch_depthwise(const DepthwiseCall& call, const Machine& machine, cudaStream_t stream) {
  constexpr int64_t kMost = int64_t{1} << 30;
  if (call.height > kMost || call.width > kMost || call.height * call.width > kMost || call.channels > kMost)
    return cudaErrorInvalidValue;
  const auto plan = plan_of(call, machine);
  if (plan.tiles > kMost) return cudaErrorInvalidValue;
  const DepthwiseWork work{call,
                           static_cast<int>(plan.tiles_across),
                           static_cast<int>(plan.tiles_down),
                           static_cast<int>(plan.channel_groups),
                           static_cast<int>(plan.tiles),
                           static_cast<int>(plan.walkers),
                           wide(call.x, call),
                           wide(as_const(call.y), call)};
  switch (call.element) {
    case Element::float32:
      return launch_depthwise_float32(plan, work, stream);
    case Element::float16:
      return launch_depthwise_float16(plan, work, stream);
    case Element::bfloat16:
      return launch_depthwise_bfloat16(plan, work, stream);
  }
  return cudaErrorInvalidValue;
}

}  // namespace ablate::kernels::cuda::general
