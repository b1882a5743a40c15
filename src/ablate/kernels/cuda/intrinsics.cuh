#pragma once

// What the hardware offers and the language does not: each function is one instruction or a short idiom.
// Barriers and copies are in engine.cuh.

#include "ablate/kernels/cuda/engine.cuh"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace ablate::kernels::cuda {

using general::relu;

/// threadIdx.x, read here and not before: the compiler takes it for a new value each time.
__device__ __forceinline__ int thread_number() {
  int number;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(number));
  return number;
}

// --- arithmetic ---------------------------------------------------------------------------------------

/// As accurate as __expf, in a third of general::sigmoid's instructions.
__device__ __forceinline__ float sigmoid(float v) { return __fdividef(1.f, 1.f + __expf(-v)); }

/// The sum over lanes that differ in bits [log2 Low, log2 High) of their number, in every lane.
__device__ __forceinline__ float sum_over(float v, int low, int high) {
#pragma unroll
  for (int lanes = 16; lanes; lanes >>= 1)
    if (lanes >= low && lanes < high) v += __shfl_xor_sync(~0u, v, lanes);
  return v;
}

__device__ __forceinline__ float sum_of_warp(float v) { return sum_over(v, 1, 32); }

/// The TF32 number nearest to `v`, and what is left. Of Inf and NaN at least one part is NaN.
__device__ __forceinline__ void split_tf32(float v, uint32_t& nearest, uint32_t& rest) {
  nearest = (__float_as_uint(v) + 0x1000u) & 0xffffe000u;
  rest = __float_as_uint(v - __uint_as_float(nearest));
}

// --- elements -----------------------------------------------------------------------------------------

/// Four neighbours, aligned as a vector of four, as float.
__device__ __forceinline__ float4 load4(const float* from) { return *reinterpret_cast<const float4*>(from); }
__device__ __forceinline__ float4 load4(const __half* from) {
  const uint2 raw = *reinterpret_cast<const uint2*>(from);
  const float2 low = __half22float2(reinterpret_cast<const __half2&>(raw.x));
  const float2 high = __half22float2(reinterpret_cast<const __half2&>(raw.y));
  return {low.x, low.y, high.x, high.y};
}
__device__ __forceinline__ float4 load4(const __nv_bfloat16* from) {
  const uint2 raw = *reinterpret_cast<const uint2*>(from);
  return {__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xffff0000u), __uint_as_float(raw.y << 16),
          __uint_as_float(raw.y & 0xffff0000u)};
}

/// Keep: as stores are; otherwise what is written is the first to leave the cache.
template <bool Keep, typename V>
__device__ __forceinline__ void store_vector(V* to, V v) {
  if constexpr (Keep)
    *to = v;
  else
    __stcs(to, v);
}

template <bool Keep>
__device__ __forceinline__ void store4(float* to, float4 v) {
  store_vector<Keep>(reinterpret_cast<float4*>(to), v);
}
template <bool Keep>
__device__ __forceinline__ void store4(__half* to, float4 v) {
  const __half2 low = __floats2half2_rn(v.x, v.y), high = __floats2half2_rn(v.z, v.w);
  store_vector<Keep>(reinterpret_cast<uint2*>(to), make_uint2(reinterpret_cast<const uint32_t&>(low),
                                                              reinterpret_cast<const uint32_t&>(high)));
}
template <bool Keep>
__device__ __forceinline__ void store4(__nv_bfloat16* to, float4 v) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(v.x, v.y), high = __floats2bfloat162_rn(v.z, v.w);
  store_vector<Keep>(reinterpret_cast<uint2*>(to), make_uint2(reinterpret_cast<const uint32_t&>(low),
                                                              reinterpret_cast<const uint32_t&>(high)));
}

__device__ __forceinline__ void store1(float* to, float v) { *to = v; }
__device__ __forceinline__ void store1(__half* to, float v) { *to = __float2half_rn(v); }
__device__ __forceinline__ void store1(__nv_bfloat16* to, float v) { *to = __float2bfloat16_rn(v); }

}  // namespace ablate::kernels::cuda
