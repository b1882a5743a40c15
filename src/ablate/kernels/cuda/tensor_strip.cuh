#pragma once

// The depthwise 7 x 7 convolution of 16-bit elements on the tensor cores: a warp computes a strip of 16 rows
// by 64 columns. For 8 columns of it, x to x + 7, that is
//
//   out[16 rows][8] = sum over ky of in[16 rows, ky - 3 lower][16 columns from x - 4] . kernel_ky[16][8]
//
// with the Toeplitz matrices of toeplitz.hpp: 7 products of 16 x 8 x 16, of which 7 sixteenths are no product
// with zero. The 16 columns must begin at whole 16 bytes, so the 8 of the output begin at 4 of 8:
//
//   column   -8       0       8       16          56      64      72
//   octets    |   0   |   1   |   2   |  ...  |   8   |   9   |
//   blocks        |   0   |   1   |   2   |  ...  |   8   |    half of block 0, half of 8
//
// A tile lies in shared memory as two slabs of 5 octets a row, an odd number: the same octet of 8 rows in 8
// different eighths of the banks.

#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/toeplitz.hpp"

namespace ablate::kernels::cuda {

constexpr int slab_columns = 40, slab_pitch = 2 * slab_columns;  // of one row, in bytes

template <typename E>
__device__ __forceinline__ void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint2 b) {
  if constexpr (std::is_same_v<E, __half>)
    general::multiply_add_f16(d, a, b.x, b.y);
  else
    general::multiply_add_bf16(d, a, b.x, b.y);
}

/// A lane's results: of block b, columns strip_column(lane, b) and the next of rows lane / 4 and lane / 4
/// + 8.
using Strip = float[8][4];

/// The halves of blocks 0 and 8 that are of the strip make one block.
__device__ __forceinline__ int strip_column(int lane, int block) {
  const int pair = lane % 4 * 2;
  return block > 0 ? 8 * block - 4 + pair : pair < 4 ? 60 + pair : pair - 4;
}

/// The lane's part of a kernel's matrices, made beforehand.
struct PackedTaps {
  __device__ __forceinline__ uint2 operator()(int ky) const {
    return *reinterpret_cast<const uint2*>(kernel.taps[ky][lane]);
  }
  const ToeplitzKernel& kernel;
  int lane;
};

/// The same made of the taps themselves, `from` rows of seven float32 in shared memory. Of a lane's two pairs of
/// elements (toeplitz_tap) at least one is zeros.
template <typename E>
struct LooseTaps {
  __device__ __forceinline__ LooseTaps(const float* from, int lane) {
    const int tap = toeplitz_tap_unchecked(lane, 0), pair = tap < -1 ? tap + 8 : tap;
    low = from + max(pair, 0), high = from + min(pair + 1, 6);
    const uint32_t inside = (pair >= 0 ? 0xffffu : 0u) | (pair < 6 ? 0xffff0000u : 0u);
    left = tap < -1 ? 0 : inside, right = tap < -1 ? inside : 0;
  }
  __device__ __forceinline__ uint2 operator()(int ky) const {
    const uint32_t both = general::pack<E>(low[7 * ky], high[7 * ky]);
    return {both & left, both & right};
  }
  const float *low, *high;
  uint32_t left, right;
};

/// A kernel, `taps_of(ky)` the lane's elements of its matrices, over `rows`, the strip's first input row in the left
/// slab, `slab_bytes` before the same of the right one.
template <typename E, typename Taps>
__device__ __forceinline__ void convolve_strip(const unsigned char* rows, int slab_bytes, const Taps& taps_of,
                                               float bias, int lane, Strip& strip) {
  float sums[9][4];
#pragma unroll
  for (auto& sum : sums)
#pragma unroll
    for (float& value : sum) value = bias;
  // Four matrices at a time: 16 rows of two octets, which lanes 0 to 15 and 16 to 31 point at.
  const unsigned char* left = rows + lane % 16 * slab_pitch + lane / 16 * 16;
  const unsigned char* middle = lane < 16 ? left + 64 : left + slab_bytes - 16;
  const unsigned char* right = left + slab_bytes + 16;
#pragma unroll
  for (int ky = 0; ky < 7; ++ky) {
    uint32_t octets[10][2];
#pragma unroll
    for (int pair = 0; pair < 5; ++pair) {
      const unsigned char* from = pair < 2 ? left + 32 * pair : pair == 2 ? middle : right + 32 * (pair - 3);
      uint32_t four[4];
      general::load_matrices(four, from + ky * slab_pitch);
      octets[2 * pair][0] = four[0], octets[2 * pair][1] = four[1];
      octets[2 * pair + 1][0] = four[2], octets[2 * pair + 1][1] = four[3];
    }
    const uint2 taps = taps_of(ky);
#pragma unroll
    for (int block = 0; block < 9; ++block)
      multiply_add<E>(sums[block],
                      {octets[block][0], octets[block][1], octets[block + 1][0], octets[block + 1][1]}, taps);
  }
#pragma unroll
  for (int q = 0; q < 4; ++q) {
    strip[0][q] = lane % 4 < 2 ? sums[8][q] : sums[0][q];
#pragma unroll
    for (int block = 1; block < 8; ++block) strip[block][q] = sums[block][q];
  }
}

/// The same without the tensor cores, where a product with one of the matrix's zeros is none: Inf and NaN
/// reach only the outputs whose window holds them. `taps`: rows of the kernel, then the bias.
template <typename E>
__device__ __forceinline__ void convolve_strip_plainly(const unsigned char* rows, int slab_bytes,
                                                       const float* taps, int lane, Strip& strip) {
#pragma unroll 1
  for (int at = 0; at < 32; ++at) {
    const int row = lane / 4 + at / 2 % 2 * 8, column = strip_column(lane, at / 4) + at % 2;
    float sum = taps[49];
#pragma unroll 1
    for (int tap = 0; tap < 49; ++tap) {
      const int u = column + 8 + tap % 7 - 3, v = row + tap / 7;
      const auto* slab = rows + (u < slab_columns ? 0 : slab_bytes) + v * slab_pitch;
      sum = fmaf(general::to_float(reinterpret_cast<const E*>(slab)[u % slab_columns]), taps[tap], sum);
    }
#pragma unroll
    for (int i = 0; i < 32; ++i)
      if (i == at) strip[i / 4][i % 4] = sum;
  }
}

/// ReLU, and the sum of what lies inside the image, whose pixel (x, y) is the strip's first.
__device__ __forceinline__ float rectify_strip(Strip& strip, int lane, int x, int y, int height, int width) {
  float sum[4] = {};
#pragma unroll
  for (auto& four : strip)
#pragma unroll
    for (float& value : four) value = relu(value);
  if (x + 64 <= width && y + 16 <= height) {
#pragma unroll
    for (const auto& four : strip)
#pragma unroll
      for (int q = 0; q < 4; ++q) sum[q] += four[q];
  } else {
#pragma unroll
    for (int block = 0; block < 8; ++block)
#pragma unroll
      for (int q = 0; q < 4; ++q) {
        const bool inside = x + strip_column(lane, block) < width && y + lane / 4 + q / 2 * 8 < height;
        sum[q] += inside ? strip[block][q] : 0.f;
      }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace ablate::kernels::cuda
