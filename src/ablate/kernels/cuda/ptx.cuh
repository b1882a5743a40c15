#pragma once

#include "ablate/kernels/cuda/overlap.hpp"

#include <cuda_runtime.h>

#include <atomic>
#include <cstdint>

// Shared memory is declared inside the kernel that uses it: taken from a function, it costs registers.
#define ABLATE_DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
#define ABLATE_STATIC_SHARED(type, name) __shared__ type name

/// The instructions that C++ has no word for, and the launch. Nothing but this and engine.cuh holds assembly
/// or declares shared memory, so that a host compiler with an emulation of these two can run the kernels.

namespace ablate::kernels::cuda::general {

__device__ __forceinline__ unsigned char* shared_memory() {
  extern __shared__ __align__(128) unsigned char ablate_shared_bytes[];
  return ablate_shared_bytes;
}

__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

/// A number, or a pointer to global memory, that the compiler is to keep as it is, not to compute anew wherever
/// it is used.
__device__ __forceinline__ int kept(int number) {
  asm volatile("" : "+r"(number));
  return number;
}
template <class T>
__device__ __forceinline__ T* kept(T* pointer) {
  asm volatile("" : "+l"(pointer));
  __builtin_assume(__isGlobal(pointer));
  return pointer;
}

/// Lets the next launch of the stream begin, as far as it asks for that and there is room; what this one
/// writes is for it to wait for.
__device__ __forceinline__ void let_next_begin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}

/// Until the launch before has ended, where this one began ahead of that.
__device__ __forceinline__ void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Starts a copy of `valid` bytes from global to shared memory; zero follows up to kBytes (16, 8 or 4).
template <int kBytes>
__device__ __forceinline__ void copy_async(void* to, const void* from, int valid) {
  if constexpr (kBytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
                 "r"(valid)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(to)), "l"(from),
                 "n"(kBytes), "r"(valid)
                 : "memory");
}

/// The copies started since the last call become one group.
__device__ __forceinline__ void close_copy_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until at most kLeft of this thread's groups are under way.
template <int kLeft>
__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kLeft) : "memory");
}

/// d += a b on the tensor cores: 16 x 8 of float32 for a warp, from TF32 (k = 8) or 16-bit (k = 16) factors.
__device__ __forceinline__ void multiply_add_tf32(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                                  uint32_t b1) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ void multiply_add_f16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                                 uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ void multiply_add_bf16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                                  uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Four 8 x 8 matrices of 16-bit elements from shared memory, each into one of `to` as the tensor cores hold
/// them: lane l gives the address of row l % 8 of matrix l / 8, 16 bytes, and gets elements 2 * (l % 4) and
/// the next of row l / 4 of each.
__device__ __forceinline__ void load_matrices(uint32_t (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

/// Rounded to nearest, ten bits of fraction.
__device__ __forceinline__ uint32_t round_to_tf32(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}

/// max(value, 0), NaN for NaN: what PyTorch's ReLU gives, where fmaxf gives 0.
__device__ __forceinline__ float relu(float value) {
  float result;
  asm("max.NaN.f32 %0, %1, 0f00000000;" : "=f"(result) : "f"(value));
  return result;
}

/// What the runtime's calls name a kernel by.
template <auto kKernel>
const void* entry() {
  return reinterpret_cast<const void*>(kKernel);
}

struct Grid {
  int64_t x = 1, y = 1;
};

/// Launches kKernel with one argument. More than 48 KiB of shared memory must be allowed once a device: that
/// the flag is set by two threads at once does no harm.
template <auto kKernel, class Argument>
cudaError_t launch(Grid blocks, int threads, int64_t shared_bytes, cudaStream_t stream, Argument argument,
                   Begin begin = Begin::behind) {
  static std::atomic<uint64_t> allowed{0};
  if (blocks.x == 0 || blocks.y == 0) return cudaSuccess;
  if (blocks.x > INT32_MAX || blocks.y > UINT16_MAX) return cudaErrorInvalidValue;
  if (shared_bytes > 48 * 1024) {
    int device = 0, most = 0;
    if (const auto error = cudaGetDevice(&device); error != cudaSuccess) return error;
    const uint64_t bit = device < 64 ? uint64_t{1} << device : 0;
    if ((allowed.load() & bit) == 0) {
      auto error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
      if (error == cudaSuccess)
        error = cudaFuncSetAttribute(kKernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most);
      if (error != cudaSuccess) return error;
      allowed.fetch_or(bit);
    }
  }
  void* arguments[] = {&argument};
  const dim3 grid(static_cast<unsigned>(blocks.x), static_cast<unsigned>(blocks.y));
  return Launch(grid, threads, shared_bytes, stream).begins(begin).run(entry<kKernel>(), arguments);
}

}  // namespace ablate::kernels::cuda::general
