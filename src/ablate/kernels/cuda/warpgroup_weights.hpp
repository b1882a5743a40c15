#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <cstdint>
#include <vector>

/// The weights of FastSTMBlock as warpgroup_mixing.cuh copies them: each array whole or a part of it in one
/// piece.
///
/// The mixing's weights are split in two TF32 numbers on the host, high + low being the weight itself, and
/// lie as the tensor cores read them: eight output channels by four input channels are 128 bytes in a row.
/// Input channels are the active ones, up to a multiple of 16, then the passive ones, up to a multiple of 32,
/// with zeros between.
///
/// Those of 16-bit elements stay as they are: eight output channels by eight input channels are 128 bytes.
/// The active channels go up to a multiple of 32. Of 16 channels, which one product takes, a thread of the
/// tensor cores has k = 2 q, 2 q + 1, 2 q + 8 and 2 q + 9; it is given channels q, q + 4, q + 8 and q + 12,
/// as for float32 in two products of eight.

namespace ablate::kernels::cuda {

/// Input channels of one product, of elements of 4 or 2 bytes.
ABLATE_HOST_DEVICE constexpr int warpgroup_step(int element_bytes) { return 32 / element_bytes; }
/// Up to two products.
ABLATE_HOST_DEVICE constexpr int padded_active(int active, int element_bytes = 4) {
  return element_bytes == 4 ? (active + 15) / 16 * 16 : (active + 31) / 32 * 32;
}
ABLATE_HOST_DEVICE constexpr int padded_passive(int passive) { return (passive + 31) / 32 * 32; }

constexpr int warpgroup_eight = 8;         ///< output channels of a group
constexpr int warpgroup_bias_floats = 32;  ///< the biases of a group, up to 128 bytes

/// A group: [high, low][inputs / 4][8 output channels][4], then the biases; of 16-bit elements
/// [inputs / 8][8 output channels][8], then the biases, which are float32 too.
ABLATE_HOST_DEVICE constexpr int warpgroup_parts(int element_bytes) { return element_bytes == 4 ? 2 : 1; }
ABLATE_HOST_DEVICE constexpr int warpgroup_part_floats(int active, int passive, int element_bytes = 4) {
  return (padded_active(active, element_bytes) + padded_passive(passive)) * warpgroup_eight * element_bytes /
         4;
}
ABLATE_HOST_DEVICE constexpr int warpgroup_group_floats(int active, int passive, int element_bytes = 4) {
  return warpgroup_parts(element_bytes) * warpgroup_part_floats(active, passive, element_bytes) +
         warpgroup_bias_floats;
}
/// Of output channel `m` (of eight), input `k` (padded), within a part of a group.
ABLATE_HOST_DEVICE constexpr int warpgroup_weight_index(int m, int k) { return k / 4 * 32 + m * 4 + k % 4; }
/// The same of 16-bit elements.
ABLATE_HOST_DEVICE constexpr int warpgroup_halves_index(int m, int k) {
  const int place = k % 4 * 2 + k / 4 % 2;  // of eight
  return k / 8 * 64 + m * 8 + place;
}

/// Groups of zeros after the last, which blocks may read.
constexpr int warpgroup_spare_groups = 48;

/// `weight` [channels, active + passive], `bias` [channels] or null.
std::vector<float> warpgroup_mix(const float* weight, const float* bias, int channels, int active,
                                 int passive);

/// The same of 16-bit elements, whose bits `weight` holds; floats in name only, but for the biases.
std::vector<float> warpgroup_mix_halves(const uint16_t* weight, const float* bias, int channels, int active,
                                        int passive);

/// Rows of `a` and of `b` side by side; the latter may be null, its width 0 then.
std::vector<float> side_by_side(const float* a, int a_width, const float* b, int b_width, int rows);

}  // namespace ablate::kernels::cuda
