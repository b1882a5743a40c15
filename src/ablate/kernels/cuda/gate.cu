#include "ablate/kernels/cuda/gate.hpp"

#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/ptx.cuh"

namespace ablate::kernels::cuda::general {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kMeans = 1024;  // channels at a time
constexpr int64_t kMostBasis = 8192;

/// In a fixed order; every lane of the group of kLanes (a power of two) gets the sum.
__device__ __forceinline__ float sum_over(float value, int lanes) {
  for (int mask = 1; mask < lanes; mask *= 2) value += __shfl_xor_sync(0xffffffffu, value, mask);
  return value;
}

/// means[i] of channels first + i, up to kMeans of them. As many lanes a channel as it has sums, up to a
/// warp.
__device__ __forceinline__ void find_means(const GateCall& call, int64_t first, int count, float* means) {
  int lanes = 1;
  while (lanes < 32 && lanes < call.sums_a_channel) lanes *= 2;
  const int thread = static_cast<int>(threadIdx.x), channels = kThreads / lanes;
  for (int i = 0; i < count; i += channels) {  // every thread goes round as often: the lanes sum together
    const int channel = i + thread / lanes;
    float sum = 0;
    if (channel < count) {
      const int64_t at =
          (static_cast<int64_t>(blockIdx.x) * call.channels + first + channel) * call.sums_a_channel;
      for (int64_t j = thread % lanes; j < call.sums_a_channel; j += lanes) sum += call.sums[at + j];
    }
    sum = sum_over(sum, lanes);
    if (channel < count && thread % lanes == 0) means[channel] = sum / static_cast<float>(call.pixels);
  }
}

__global__ void __launch_bounds__(kThreads) gate_kernel(const __grid_constant__ GateCall call) {
  auto* means = reinterpret_cast<float*>(shared_memory());
  float* coefficients = means + kMeans;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  for (int64_t first = 0; first < call.channels; first += kMeans) {
    const int count = static_cast<int>(call.channels - first < kMeans ? call.channels - first : kMeans);
    find_means(call, first, count, means);
    __syncthreads();
    for (int64_t k = warp; k < call.num_basis; k += kWarps) {
      float sum = 0;
      for (int i = lane; i < count; i += 32)
        sum = fmaf(call.basis[k * call.channels + first + i], means[i], sum);
      sum = sum_over(sum, 32);
      if (lane == 0) coefficients[k] = first == 0 ? sum : coefficients[k] + sum;
    }
    __syncthreads();
  }
  for (int64_t channel = thread; channel < call.channels; channel += kThreads) {
    float scale = 0, shift = 0;
    for (int64_t k = 0; k < call.num_basis; ++k) {
      scale = fmaf(call.scale[channel * call.num_basis + k], coefficients[k], scale);
      if (call.shift) shift = fmaf(call.shift[channel * call.num_basis + k], coefficients[k], shift);
    }
    const int64_t at = static_cast<int64_t>(blockIdx.x) * call.channels + channel;
    call.scale_out[at] = sigmoid(scale);
    if (call.shift) call.shift_out[at] = shift;
  }
}

}  // namespace

cudaError_t launch_gate(const GateCall& call, cudaStream_t stream) {
  if (call.num_basis < 1 || call.num_basis > kMostBasis) return cudaErrorInvalidValue;
  const int64_t coefficients = (call.num_basis + 3) / 4 * 4;  // the compiler reads the last of them by fours
  const int64_t shared_bytes = (kMeans + coefficients) * 4;
  return launch<gate_kernel>({call.batch}, kThreads, shared_bytes, stream, call);
}

}  // namespace ablate::kernels::cuda::general
