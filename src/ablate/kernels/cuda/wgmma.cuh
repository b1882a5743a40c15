#pragma once

// The tensor cores as a group of four warps asks for them (sm_90a): D += A B for 64 rows, N columns and 16 of
// k, elements of 16 bits, float32 sums. A and D lie in registers, B in shared memory. Nothing waits for a product but
// products_wait.
//
// Warp w of the group has rows 16 w to 16 w + 15. Lane l of it has of A rows l / 4 and l / 4 + 8 at k = 2 (l % 4)
// and the next, two in a register, then the same rows at k + 8 and the next; and of D, for each eight columns,
// columns 2 (l % 4) and the next of row l / 4, then of row l / 4 + 8.

#include "ablate/kernels/cuda/intrinsics.cuh"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

// Only this very architecture has the instructions; elsewhere the functions are there and do nothing.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define ABLATE_HAS_PRODUCTS 1
#endif

namespace ablate::kernels::cuda {

/// Before products whose registers other instructions have written.
__device__ __forceinline__ void products_begin() {
#ifdef ABLATE_HAS_PRODUCTS
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

/// The products since the last call become one group.
__device__ __forceinline__ void products_end() {
#ifdef ABLATE_HAS_PRODUCTS
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}

/// Waits until at most `Left` groups are under way: the others' registers may be read and written.
template <int Left>
__device__ __forceinline__ void products_wait() {
#ifdef ABLATE_HAS_PRODUCTS
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Left) : "memory");
#endif
}

/// Keeps the compiler from moving what it does to `sums` over this place, which the products' own waits do
/// not.
template <int Count>
__device__ __forceinline__ void products_pin(float (&sums)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) asm volatile("" : "+f"(sums[i])::"memory");
}

/// B at an address of shared memory, a multiple of 16, as core matrices of 8 columns by 16 bytes of k, 128
/// bytes in a row each: `k_bytes` from one to the next along k, `column_bytes` along the columns, both
/// multiples of 16. In a cluster the address has the block's rank above its 18 bits.
__device__ __forceinline__ uint64_t products_operand(uint32_t shared_at, uint32_t k_bytes,
                                                     uint32_t column_bytes) {
  return static_cast<uint64_t>((shared_at & 0x3ffff) >> 4 | (k_bytes >> 4) << 16) |
         static_cast<uint64_t>(column_bytes >> 4) << 32;
}

/// d += a b, at some time before the wait; all four warps together. `Columns` is 32, 48 or 64.
template <typename E, int Columns>
__device__ __forceinline__ void products_add(float (&d)[Columns / 2], const uint32_t (&a)[4],
                                                    uint64_t b) {
  static_assert(Columns == 32 || Columns == 48 || Columns == 64);
#ifdef ABLATE_HAS_PRODUCTS
#define ABLATE_PRODUCT_32(type)                                                                              \
  asm volatile(                                                                                              \
      "{\n.reg .pred adds;\nsetp.ne.b32 adds, 1, 0;\n"                                                       \
      "wgmma.mma_async.sync.aligned.m64n32k16.f32." type "." type                                            \
      " {"                                                                                                   \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"                                 \
      "}, {%16, %17, %18, %19}, %20, adds, 1, 1, 0;\n}"                                                      \
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),      \
        "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)                                                   \
      : "memory")
#define ABLATE_PRODUCT_48(type)                                                                         \
  asm volatile(                                                                                         \
      "{\n.reg .pred adds;\nsetp.ne.b32 adds, 1, 0;\n"                                                  \
      "wgmma.mma_async.sync.aligned.m64n48k16.f32." type "." type                                       \
      " {"                                                                                              \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "           \
      "%19, %20, %21, %22, %23"                                                                         \
      "}, {%24, %25, %26, %27}, %28, adds, 1, 1, 0;\n}"                                                 \
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
        "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),        \
        "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),      \
        "+f"(d[22]), "+f"(d[23])                                                                        \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)                                              \
      : "memory")
#define ABLATE_PRODUCT_64(type)                                                                         \
  asm volatile(                                                                                         \
      "{\n.reg .pred adds;\nsetp.ne.b32 adds, 1, 0;\n"                                                  \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type                                       \
      " {"                                                                                              \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "           \
      "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"                                 \
      "}, {%32, %33, %34, %35}, %36, adds, 1, 1, 0;\n}"                                                 \
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
        "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),        \
        "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),      \
        "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]),      \
        "+f"(d[29]), "+f"(d[30]), "+f"(d[31])                                                           \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)                                              \
      : "memory")
  constexpr bool half = std::is_same_v<E, __half>;
  if constexpr (Columns == 32 && half) {
    ABLATE_PRODUCT_32("f16");
  } else if constexpr (Columns == 32 && !half) {
    ABLATE_PRODUCT_32("bf16");
  } else if constexpr (Columns == 48 && half) {
    ABLATE_PRODUCT_48("f16");
  } else if constexpr (Columns == 48 && !half) {
    ABLATE_PRODUCT_48("bf16");
  } else if constexpr (Columns == 64 && half) {
    ABLATE_PRODUCT_64("f16");
  } else if constexpr (Columns == 64 && !half) {
    ABLATE_PRODUCT_64("bf16");
  }
#undef ABLATE_PRODUCT_32
#undef ABLATE_PRODUCT_48
#undef ABLATE_PRODUCT_64
#endif
}

}  // namespace ablate::kernels::cuda
