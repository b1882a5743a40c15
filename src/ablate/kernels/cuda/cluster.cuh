#pragma once

// Clusters of blocks (sm_90): neighbours on one part of the chip, which write into one another's shared
// memory. Arrivals and waits alternate in every thread. And what else sm_90 alone has.

#include "ablate/kernels/cuda/intrinsics.cuh"

namespace ablate::kernels::cuda {

/// Tells that this thread has come so far: what it read is read. What it wrote need not be visible yet: a
/// release would wait for all memory.
__device__ __forceinline__ void cluster_arrive() {
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

/// To where block `rank` of the cluster has what this block has at `own`; its barrier, this block's being
/// `own_barrier`, counts the 16 bytes when they are there.
__device__ __forceinline__ void store_in_cluster(float* own, uint64_t* own_barrier, int rank, float4 v) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n.reg .u32 there, barrier;\nmapa.shared::cluster.u32 there, %0, %2;\nmapa.shared::cluster.u32 "
      "barrier, %1, %2;\n"
      "st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [there], {%3, %4, %5, %6}, "
      "[barrier];\n}" ::"r"(shared_address(own)),
      "r"(shared_address(own_barrier)), "r"(rank), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w)
      : "memory");
#endif
}

}  // namespace ablate::kernels::cuda
