#pragma once

// Clusters of blocks (sm_90): neighbours on one part of the chip, which write into one another's shared memory.
// Arrivals and waits alternate in every thread.

#include "ablate/kernels/cuda/intrinsics.cuh"

namespace ablate::kernels::cuda {

/// Tells that this thread has come so far; what it wrote and read before is done for those who wait.
__device__ __forceinline__ void cluster_arrive() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.release;" ::: "memory");
#endif
}

/// The same where nothing was written: only that the block runs.
__device__ __forceinline__ void cluster_arrive_relaxed() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.relaxed;" ::: "memory");
#endif
}

/// Until all threads of the cluster have arrived.
__device__ __forceinline__ void cluster_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.wait.acquire;" ::: "memory");
#endif
}

/// To where block `rank` of the cluster has what this block has at `own`.
__device__ __forceinline__ void store_in_cluster(float* own, int rank, float4 v) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .u32 there;\nmapa.shared::cluster.u32 there, %0, %1;\n"
      "st.shared::cluster.v4.f32 [there], {%2, %3, %4, %5};\n}" ::"r"(shared_address(own)),
      "r"(rank), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w)
      : "memory");
#endif
}

}  // namespace ablate::kernels::cuda
