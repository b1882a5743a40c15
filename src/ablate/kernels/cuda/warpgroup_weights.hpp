#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <cstdint>
#include <vector>

/// The weights of FastSTMBlock as warpgroup_mixing.cuh copies them: each array whole or a part of it in one
/// piece.
///
/// The tensor cores take elements of 16 bits. A weight of float32 becomes two float16, high + low, after its
/// row (an output channel) was scaled by a power of two, so that the largest of a row has 13 or 14 bits
/// before the point and the lesser part of even a small one is no subnormal number that would have lost its
/// bits; the products are scaled back at the end. Weights of 16-bit elements stay as they are.
///
/// Weights lie as the tensor cores read them: eight output channels by eight input channels are 128 bytes in
/// a row. Input channels are the active ones, up to a multiple of 16, then the passive ones, up to a multiple
/// of 32, with zeros between. Of 16 channels, which one product takes, a thread of the tensor cores has k = 2
/// q, 2 q + 1, 2 q + 8 and 2 q + 9; it is given channels q, q + 4, q + 8 and q + 12.

namespace ablate::kernels::cuda {

constexpr int warpgroup_step = 16;  ///< input channels of one product

ABLATE_HOST_DEVICE constexpr int padded_active(int active) { return (active + 15) / 16 * 16; }
/// Up to two products.
ABLATE_HOST_DEVICE constexpr int padded_passive(int passive) { return (passive + 31) / 32 * 32; }

constexpr int warpgroup_eight = 8;             ///< output channels of a group
constexpr int warpgroup_constant_floats = 32;  ///< the constants of a group, up to 128 bytes

/// Activations of float32 are multiplied by so much before they become two float16, so that one down to 2^-10
/// keeps all the bits of its lesser part. Scaled, at least one of a pixel's channels must be
/// `warpgroup_least`, and none beyond float16.
constexpr float warpgroup_activation_scale = 32;
constexpr float warpgroup_least = 1.F / 32;

/// A group: [high, low, or the weights alone][inputs / 8][8 output channels][8] of 16 bits, then in float32
/// its biases and what its products are scaled by.
ABLATE_HOST_DEVICE constexpr int warpgroup_parts(int element_bytes) { return element_bytes == 4 ? 2 : 1; }
ABLATE_HOST_DEVICE constexpr int warpgroup_part_floats(int active, int passive) {
  return (padded_active(active) + padded_passive(passive)) * warpgroup_eight / 2;
}
ABLATE_HOST_DEVICE constexpr int warpgroup_group_floats(int active, int passive, int element_bytes) {
  return warpgroup_parts(element_bytes) * warpgroup_part_floats(active, passive) + warpgroup_constant_floats;
}
/// Of output channel `m` (of eight), input `k` (padded), within a part of a group; in elements of 16 bits.
ABLATE_HOST_DEVICE constexpr int warpgroup_weight_index(int m, int k) {
  const int place = k % 4 * 2 + k / 4 % 2;  // of eight
  return k / 8 * 64 + m * 8 + place;
}

/// Groups of zeros after the last, which blocks may read.
constexpr int warpgroup_spare_groups = 48;

/// The bits of the float16 number nearest to `v`, the even one of two.
uint16_t float16_bits(float v);
float float16_value(uint16_t bits);

/// `weight` [channels, active + passive], `bias` [channels] or null; floats in name only, but for the
/// constants.
std::vector<float> warpgroup_mix(const float* weight, const float* bias, int channels, int active,
                                 int passive);

/// The same of 16-bit elements, whose bits `weight` holds.
std::vector<float> warpgroup_mix_halves(const uint16_t* weight, const float* bias, int channels, int active,
                                        int passive);

/// Rows of `a` and of `b` side by side; the latter may be null, its width 0 then.
std::vector<float> side_by_side(const float* a, int a_width, const float* b, int b_width, int rows);

}  // namespace ablate::kernels::cuda
