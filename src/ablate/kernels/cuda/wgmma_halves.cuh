#pragma once

// The products of wgmma.cuh for 16-bit elements: 64 rows, N columns and 16 of k, with float32 sums.
//
// Lane l of a warp has of A rows l / 4 and l / 4 + 8 at k = 2 (l % 4) and the next, two in a register, then
// the same rows at k + 8 and the next. B's core matrices are 8 columns by 8 of k. D is as in wgmma.cuh.

#include "ablate/kernels/cuda/wgmma.cuh"

#include <type_traits>

namespace ablate::kernels::cuda {

/// d += a b, at some time before the wait; all four warps together. `Columns` is 32, 48 or 64.
template <typename E, int Columns>
__device__ __forceinline__ void products_add_halves(float (&d)[Columns / 2], const uint32_t (&a)[4],
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
