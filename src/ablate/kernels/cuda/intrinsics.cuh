#pragma once

// What the hardware offers and the language does not: each function is one instruction or a short idiom.

#include "ablate/kernels/cuda/ptx.cuh"

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace ablate::kernels::cuda {

using general::relu;
using general::shared_address;

/// threadIdx.x, read here and not before: the compiler takes it for a new value each time.
__device__ __forceinline__ int thread_number() {
  int number;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(number));
  return number;
}

// --- barriers -----------------------------------------------------------------------------------------------------

/// Waits for `Threads` threads of the block that share `id` (1 to 15; 0 is __syncthreads').
template <int Threads>
__device__ __forceinline__ void group_barrier(int id) {
  if constexpr (Threads == 32)
    __syncwarp();
  else
    asm volatile("bar.sync %0, %1;" ::"r"(id), "n"(Threads) : "memory");
}

__device__ __forceinline__ void barrier_init(uint64_t* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}

/// Makes initialised barriers visible to the copy engine.
__device__ __forceinline__ void fence_barrier_init() {
#if __CUDA_ARCH__ >= 900
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");  // fence.proxy.async would wait for memory too
#endif
}

__device__ __forceinline__ void barrier_expect(uint64_t* barrier, uint32_t bytes) {
#if __CUDA_ARCH__ >= 900
  asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
               : "memory");
#endif
}

__device__ __forceinline__ void barrier_wait(uint64_t* barrier, uint32_t parity) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .pred done;\nagain:\nmbarrier.try_wait.parity.shared.b64 done, [%0], %1;\n@!done bra again;\n}" ::"r"(
          shared_address(barrier)),
      "r"(parity)
      : "memory");
#endif
}

// --- copies into shared memory ------------------------------------------------------------------------------------

/// A box of the tensor that `map` describes, zero outside it, by the copy engine.
__device__ __forceinline__ void copy_box(void* to, const CUtensorMap* map, int x, int y, int plane,
                                         uint64_t* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], "
      "[%5];" ::"r"(shared_address(to)),
      "l"(map), "r"(x), "r"(y), "r"(plane), "r"(shared_address(barrier))
      : "memory");
#endif
}

/// Fetches a tensor map ahead of its first use.
__device__ __forceinline__ void prefetch_map(const CUtensorMap* map) {
#if __CUDA_ARCH__ >= 900
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
#endif
}

/// `bytes` in a row, a multiple of 16, by the copy engine.
__device__ __forceinline__ void copy_row(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
          shared_address(to)),
      "l"(from), "r"(bytes), "r"(shared_address(barrier))
      : "memory");
#endif
}

/// `Bytes` (4, 8 or 16), or as many zeros where `wanted` is false; `from` need not be readable then.
template <int Bytes>
__device__ __forceinline__ void copy_async(void* to, const void* from, bool wanted) {
  general::copy_async<Bytes>(to, from, wanted ? Bytes : 0);
}

// --- words that blocks tell one another --------------------------------------------------------------------------

/// Written and read whole, by way of the cache that all multiprocessors share.
__device__ __forceinline__ void store_whole(unsigned long long* word, unsigned long long value) {
  asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}
__device__ __forceinline__ unsigned long long load_whole(const unsigned long long* word) {
  unsigned long long value;
  asm volatile("ld.volatile.global.u64 %0, [%1];" : "=l"(value) : "l"(word) : "memory");
  return value;
}
__device__ __forceinline__ void load_whole(const unsigned long long* words, unsigned long long& a,
                                           unsigned long long& b) {
  asm volatile("ld.volatile.global.v2.u64 {%0, %1}, [%2];" : "=l"(a), "=l"(b) : "l"(words) : "memory");
}

// --- arithmetic ---------------------------------------------------------------------------------------------------

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

// --- elements -----------------------------------------------------------------------------------------------------

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
__device__ __forceinline__ void store4(float* to, float4 v) { store_vector<Keep>(reinterpret_cast<float4*>(to), v); }
template <bool Keep>
__device__ __forceinline__ void store4(__half* to, float4 v) {
  const __half2 low = __floats2half2_rn(v.x, v.y), high = __floats2half2_rn(v.z, v.w);
  store_vector<Keep>(reinterpret_cast<uint2*>(to),
         make_uint2(reinterpret_cast<const uint32_t&>(low), reinterpret_cast<const uint32_t&>(high)));
}
template <bool Keep>
__device__ __forceinline__ void store4(__nv_bfloat16* to, float4 v) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(v.x, v.y), high = __floats2bfloat162_rn(v.z, v.w);
  store_vector<Keep>(reinterpret_cast<uint2*>(to),
         make_uint2(reinterpret_cast<const uint32_t&>(low), reinterpret_cast<const uint32_t&>(high)));
}

__device__ __forceinline__ void store1(float* to, float v) { *to = v; }
__device__ __forceinline__ void store1(__half* to, float v) { *to = __float2half_rn(v); }
__device__ __forceinline__ void store1(__nv_bfloat16* to, float v) { *to = __float2bfloat16_rn(v); }

}  // namespace ablate::kernels::cuda
