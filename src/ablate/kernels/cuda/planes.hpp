#pragma once

#include <cstdint>

/// What every CUDA kernel of the room is told of its tensors: raw pointers and strides. Knows neither
/// LibTorch nor CUDA, so that index arithmetic can be tested anywhere.

#ifdef __CUDACC__
#define ABLATE_HOST_DEVICE __host__ __device__
#else
#define ABLATE_HOST_DEVICE
#endif

namespace ablate::kernels::cuda {

enum class Element { float32, float16, bfloat16 };

ABLATE_HOST_DEVICE constexpr int bytes_of(Element element) { return element == Element::float32 ? 4 : 2; }

/// Planes [samples, channels, H, W] inside a larger tensor: channel c of sample n begins at
/// data + (n * sample_stride + c * channel_stride) elements, its H * W elements in a row.
template <typename Pointer>
struct PlanesOf {
  Pointer data = nullptr;
  int64_t sample_stride = 0, channel_stride = 0;
};
using Planes = PlanesOf<void*>;
using ConstPlanes = PlanesOf<const void*>;

/// Floats of one channel's kernel and bias, up to whole vectors of four.
ABLATE_HOST_DEVICE constexpr int padded_taps(int kernel) { return (kernel * kernel + 1 + 3) / 4 * 4; }

}  // namespace ablate::kernels::cuda
