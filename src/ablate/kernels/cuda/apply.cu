#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/gate.hpp"
#include "ablate/kernels/cuda/ptx.cuh"

namespace ablate::kernels::cuda::general {
namespace {

constexpr int kThreads = 256;
constexpr int kPieces = 4;  // of 16 bytes, a thread

/// A call and how the grid walks over it: `span` (a power of two) threads take kPieces * span pieces of a
/// plane.
struct ApplyWork {
  ApplyCall call;
  int span;
  int64_t spans_a_plane, planes;  ///< planes: of all samples
};

/// kCount pixels of a plane: scaled and shifted, or as they are.
template <class T, int kCount>
__device__ __forceinline__ void apply(const T* from, T* to, bool passive, float scale, float shift) {
  if constexpr (kCount == 1) {
    *to = passive ? *from : from_float<T>(fmaf(to_float(*from), scale, shift));
  } else if (passive) {
    *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(from);
  } else {
    float values[kCount];
    load<kCount>(from, values);
#pragma unroll
    for (float& value : values) value = fmaf(value, scale, shift);
    store<kCount>(to, values);
  }
}

template <class T, int kCount>
__global__ void __launch_bounds__(kThreads) apply_kernel(const __grid_constant__ ApplyWork work) {
  const auto& call = work.call;
  const int64_t span = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) / work.span;
  const int64_t plane = span / work.spans_a_plane, channels = call.active + call.passive;
  if (plane >= work.planes) return;
  const int64_t sample = plane / channels, channel = plane % channels;
  const bool passive = channel >= call.active;
  const int64_t in_part = passive ? channel - call.active : channel;
  const auto& in = passive ? call.passive_in : call.y;
  const auto& out = passive ? call.passive_out : call.active_out;
  const T* from = static_cast<const T*>(in.data) + sample * in.sample_stride + in_part * in.channel_stride;
  T* to = static_cast<T*>(out.data) + sample * out.sample_stride + in_part * out.channel_stride;
  const int64_t at = sample * call.active + channel;
  const float scale = !passive && call.scale ? call.scale[at] : 1.0f;
  // Minus zero, as adding it changes nothing: plus zero would make +0 of -0.
  const float shift = !passive && call.shift ? call.shift[at] : -0.0f;

  const int64_t first = (span % work.spans_a_plane * work.span * kPieces + threadIdx.x % work.span) * kCount;
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    const int64_t pixel = first + static_cast<int64_t>(piece) * work.span * kCount;
    if (pixel + kCount <= call.pixels) {
      apply<T, kCount>(from + pixel, to + pixel, passive, scale, shift);
    } else {
      for (int64_t i = pixel; i < call.pixels; ++i) apply<T, 1>(from + i, to + i, passive, scale, shift);
    }
  }
}

template <class T, int kCount>
cudaError_t launch_as(const ApplyCall& call, cudaStream_t stream) {
  ApplyWork work{call, 32, 1, call.batch * (call.active + call.passive)};
  const int64_t pieces = ceil_div(call.pixels, kCount);
  while (work.span < kThreads && work.span * kPieces < pieces) work.span *= 2;
  work.spans_a_plane = ceil_div(pieces, work.span * kPieces);
  const int64_t blocks = ceil_div(work.planes * work.spans_a_plane, kThreads / work.span);
  return launch<apply_kernel<T, kCount>>({blocks}, kThreads, 0, stream, work);
}

template <class T>
cudaError_t launch_element(const ApplyCall& call, cudaStream_t stream) {
  const auto wide = [&](const ConstPlanes& in, const Planes& out) {
    return aligned(in, call.element, 16) && aligned(as_const(out), call.element, 16);
  };
  const bool all_wide = (call.active == 0 || wide(call.y, call.active_out)) &&
                        (call.passive == 0 || wide(call.passive_in, call.passive_out));
  return all_wide ? launch_as<T, 16 / sizeof(T)>(call, stream) : launch_as<T, 1>(call, stream);
}

}  // namespace

cudaError_t launch_apply(const ApplyCall& call, cudaStream_t stream) {
  if (call.pixels == 0 || call.active + call.passive == 0) return cudaSuccess;
  switch (call.element) {
    case Element::float32:
      return launch_element<float>(call, stream);
    case Element::float16:
      return launch_element<__half>(call, stream);
    case Element::bfloat16:
      return launch_element<__nv_bfloat16>(call, stream);
  }
  return cudaErrorInvalidValue;
}

}  // namespace ablate::kernels::cuda::general
