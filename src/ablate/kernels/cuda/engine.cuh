#pragma once

// Barriers of threads and of the copy engine, its copies, and words that other blocks read while they are
// written: the assembly of the one-launch kernels. With ptx.cuh all that a host compiler needs an emulation
// of (tests/kernels/emulated_cuda).

#include "ablate/kernels/cuda/ptx.cuh"

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace ablate::kernels::cuda {

using general::shared_address;

// --- barriers -----------------------------------------------------------------------------------------

/// Waits for `Threads` threads of the block that share `id` (1 to 15; 0 is __syncthreads').
template <int Threads>
__device__ __forceinline__ void group_barrier(int id) {
  if constexpr (Threads == 32)
    __syncwarp();
  else
    asm volatile("bar.sync %0, %1;" ::"r"(id), "n"(Threads) : "memory");
}

/// Counts the calling threads there, and goes on: those who wait there see what they did before.
template <int Threads>
__device__ __forceinline__ void group_arrive(int id) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "n"(Threads) : "memory");
}

__device__ __forceinline__ void barrier_init(uint64_t* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}

/// Makes initialised barriers visible to the copy engine.
__device__ __forceinline__ void fence_barrier_init() {
#if __CUDA_ARCH__ >= 900
  asm volatile("fence.mbarrier_init.release.cluster;" ::
                   : "memory");  // fence.proxy.async would wait for memory too
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
      "{\n.reg .pred done;\nagain:\nmbarrier.try_wait.parity.shared.b64 done, [%0], %1;\n@!done bra "
      "again;\n}" ::"r"(shared_address(barrier)),
      "r"(parity)
      : "memory");
#endif
}

/// Counts the calling thread; what it wrote is there for those who wait.
__device__ __forceinline__ void barrier_arrive(uint64_t* barrier) {
  asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}

/// Whether the phase of this parity has ended; waits for nothing.
__device__ __forceinline__ bool barrier_passed(uint64_t* barrier, uint32_t parity) {
  uint32_t passed = 0;
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .pred done;\nmbarrier.test_wait.parity.shared.b64 done, [%1], %2;\nselp.u32 %0, 1, 0, "
      "done;\n}"
      : "=r"(passed)
      : "r"(shared_address(barrier)), "r"(parity)
      : "memory");
#endif
  return passed != 0;
}

// --- copies into shared memory ------------------------------------------------------------------------

/// A box of the tensor that `map` describes, zero outside it, by the copy engine.
__device__ __forceinline__ void copy_box(void* to, const CUtensorMap* map, int x, int y, int plane,
                                         uint64_t* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, "
      "%4}], "
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

/// Counts this thread at a barrier once all copies that it began are there. The barrier expects it.
__device__ __forceinline__ void arrive_with_copies(uint64_t* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");
#endif
}

// --- words that other blocks read ---------------------------------------------------------------------

/// All 64 bits at one time, in no order with others.
__device__ __forceinline__ void store_whole(unsigned long long* word, unsigned long long value) {
  asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}

/// As it is now.
__device__ __forceinline__ unsigned long long peek(const unsigned long long* word) {
  unsigned long long value;
  asm volatile("ld.volatile.global.u64 %0, [%1];" : "=l"(value) : "l"(word) : "memory");
  return value;
}
__device__ __forceinline__ void peek(const unsigned long long* word, unsigned long long (&to)[1]) {
  to[0] = peek(word);
}

/// Two neighbours as they are now, each whole.
__device__ __forceinline__ void peek(const unsigned long long* words, unsigned long long (&to)[2]) {
  asm volatile("ld.volatile.global.v2.u64 {%0, %1}, [%2];"
               : "=l"(to[0]), "=l"(to[1])
               : "l"(words)
               : "memory");
}

}  // namespace ablate::kernels::cuda
