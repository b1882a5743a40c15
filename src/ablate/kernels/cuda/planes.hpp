#pragma once

#include <cstdint>

/// What every CUDA kernel of the room says of its tensors: raw pointers and strides, no torch.

#ifdef __CUDACC__
#define ABLATE_HOST_DEVICE __host__ __device__
#else
#define ABLATE_HOST_DEVICE
#endif

namespace ablate::kernels {

/// What is stored; sums are float32 whatever it is.
enum class Element { float32, float16, bfloat16 };

ABLATE_HOST_DEVICE constexpr int64_t size_of(Element element) { return element == Element::float32 ? 4 : 2; }

/// Some channels of a contiguous [N, C, H, W] tensor. Channel c of sample b begins
/// b * sample_stride + c * channel_stride elements after `data`; its pixels are side by side.
struct ConstPlanes {
  const void* data = nullptr;
  int64_t sample_stride = 0, channel_stride = 0;
};

struct Planes {
  void* data = nullptr;
  int64_t sample_stride = 0, channel_stride = 0;
};

constexpr ConstPlanes as_const(const Planes& planes) {
  return {planes.data, planes.sample_stride, planes.channel_stride};
}

/// Whether `bytes` at a time may be read or written in every plane, from a multiple of `bytes` on.
inline bool aligned(const ConstPlanes& planes, Element element, int64_t bytes) {
  const auto address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(planes.data));
  const auto size = size_of(element);
  return address % bytes == 0 && planes.sample_stride * size % bytes == 0 &&
         planes.channel_stride * size % bytes == 0;
}

ABLATE_HOST_DEVICE constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace ablate::kernels
