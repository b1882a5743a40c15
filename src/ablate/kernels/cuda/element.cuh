#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "ablate/kernels/cuda/general.hpp"

/// float, __half and __nv_bfloat16, one at a time and side by side, to float and back.

namespace ablate::kernels::cuda::general {

__device__ __forceinline__ float to_float(float value) { return value; }
__device__ __forceinline__ float to_float(__half value) { return __half2float(value); }
__device__ __forceinline__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }

/// Rounded to nearest.
template <class T>
__device__ __forceinline__ T from_float(float value) {
  if constexpr (sizeof(T) == 4)
    return value;
  else if constexpr (std::is_same_v<T, __half>)
    return __float2half_rn(value);
  else
    return __float2bfloat16_rn(value);
}

/// Two of them in one register, the first in the lower half.
template <class T>
__device__ __forceinline__ uint32_t pack(float first, float second) {
  if constexpr (std::is_same_v<T, __half>) {
    const __half2 both = __floats2half2_rn(first, second);
    return reinterpret_cast<const uint32_t&>(both);
  } else {
    const __nv_bfloat162 both = __floats2bfloat162_rn(first, second);
    return reinterpret_cast<const uint32_t&>(both);
  }
}

template <class T>
__device__ __forceinline__ void unpack(uint32_t both, float& first, float& second) {
  if constexpr (std::is_same_v<T, __half>) {
    const float2 values = __half22float2(reinterpret_cast<const __half2&>(both));
    first = values.x, second = values.y;
  } else {
    first = __uint_as_float(both << 16), second = __uint_as_float(both & 0xffff0000u);
  }
}

/// kCount (1, 2, 4 or 8) elements from shared or global memory, aligned to all of them (to 16 bytes at most).
template <int kCount, class T>
__device__ __forceinline__ void load(const T* from, float* values) {
  if constexpr (kCount == 1) {
    values[0] = to_float(*from);
  } else if constexpr (sizeof(T) * kCount == 4) {
    unpack<T>(*reinterpret_cast<const uint32_t*>(from), values[0], values[1]);
  } else if constexpr (sizeof(T) * kCount == 8) {
    const auto word = *reinterpret_cast<const uint2*>(from);
    if constexpr (sizeof(T) == 4) {
      values[0] = __uint_as_float(word.x), values[1] = __uint_as_float(word.y);
    } else {
      unpack<T>(word.x, values[0], values[1]), unpack<T>(word.y, values[2], values[3]);
    }
  } else if constexpr (sizeof(T) == 4) {
#pragma unroll
    for (int i = 0; i < kCount; i += 4) {
      const auto word = *reinterpret_cast<const float4*>(from + i);
      values[i] = word.x, values[i + 1] = word.y, values[i + 2] = word.z, values[i + 3] = word.w;
    }
  } else {
    const auto word = *reinterpret_cast<const uint4*>(from);
    unpack<T>(word.x, values[0], values[1]), unpack<T>(word.y, values[2], values[3]);
    unpack<T>(word.z, values[4], values[5]), unpack<T>(word.w, values[6], values[7]);
  }
}

/// kCount (4 or 8) elements, aligned to all of them (to 16 bytes at most).
template <int kCount, class T>
__device__ __forceinline__ void store(T* to, const float* values) {
  if constexpr (sizeof(T) == 4) {
#pragma unroll
    for (int i = 0; i < kCount; i += 4)
      *reinterpret_cast<float4*>(to + i) =
          make_float4(values[i], values[i + 1], values[i + 2], values[i + 3]);
  } else if constexpr (kCount == 4) {
    *reinterpret_cast<uint2*>(to) = make_uint2(pack<T>(values[0], values[1]), pack<T>(values[2], values[3]));
  } else {
    *reinterpret_cast<uint4*>(to) = make_uint4(pack<T>(values[0], values[1]), pack<T>(values[2], values[3]),
                                               pack<T>(values[4], values[5]), pack<T>(values[6], values[7]));
  }
}

/// 1 / (1 + e^-z): 0 and 1 at the infinities, NaN for NaN; as accurate as expf.
__device__ __forceinline__ float sigmoid(float z) { return 1.0f / (1.0f + expf(-z)); }

}  // namespace ablate::kernels::cuda::general
