#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <cstdint>

/// A 7 x 7 kernel as factors of the tensor cores: row ky is a matrix of 16 columns of the input by 8 of the
/// output, its seven taps along the diagonals (Toeplitz). Output n of a row takes input columns n + 1 to n +
/// 7 of the 16.

namespace ablate::kernels::cuda {

/// One channel's, as each lane holds them: of row ky, element i of 4 in lane l is tap toeplitz_tap(l, i) of
/// that row, or zero. The elements are of the block's 16-bit type.
struct alignas(16) ToeplitzKernel {
  uint16_t taps[7][32][4];
  float bias;
  float unused[3];
};

/// The tap of a kernel's row, which has 0 to 6; zero elsewhere.
ABLATE_HOST_DEVICE constexpr int toeplitz_tap_unchecked(int lane, int element) {
  const int input = lane % 4 * 2 + element / 2 * 8 + element % 2, output = lane / 4;
  return input - output - 1;
}
/// The same, or -1 for zero.
ABLATE_HOST_DEVICE constexpr int toeplitz_tap(int lane, int element) {
  const int tap = toeplitz_tap_unchecked(lane, element);
  return tap >= 0 && tap < 7 ? tap : -1;
}

}  // namespace ablate::kernels::cuda
