#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <vector>

/// The weights of FastSTMBlock as warpgroup_mixing.cuh copies them: each array whole or a part of it in one
/// piece.
///
/// The mixing's weights are split in two TF32 numbers on the host, high + low being the weight itself, and
/// lie as the tensor cores read them: eight output channels by four input channels are 128 bytes in a row.
/// Input channels are the active ones, up to a multiple of 16, then the passive ones, up to a multiple of 32,
/// with zeros between.

namespace ablate::kernels::cuda {

ABLATE_HOST_DEVICE constexpr int padded_active(int active) { return (active + 15) / 16 * 16; }
ABLATE_HOST_DEVICE constexpr int padded_passive(int passive) { return (passive + 31) / 32 * 32; }

constexpr int warpgroup_eight = 8;         ///< output channels of a group
constexpr int warpgroup_bias_floats = 32;  ///< the biases of a group, up to 128 bytes

/// A group: [high, low][inputs / 4][8 output channels][4], then the biases.
ABLATE_HOST_DEVICE constexpr int warpgroup_part_floats(int active, int passive) {
  return (padded_active(active) + padded_passive(passive)) * warpgroup_eight;
}
ABLATE_HOST_DEVICE constexpr int warpgroup_group_floats(int active, int passive) {
  return 2 * warpgroup_part_floats(active, passive) + warpgroup_bias_floats;
}
/// Of output channel `m` (of eight), input `k` (padded), within a part of a group.
ABLATE_HOST_DEVICE constexpr int warpgroup_weight_index(int m, int k) { return k / 4 * 32 + m * 4 + k % 4; }

/// Groups of zeros after the last, which blocks may read.
constexpr int warpgroup_spare_groups = 48;

/// `weight` [channels, active + passive], `bias` [channels] or null.
std::vector<float> warpgroup_mix(const float* weight, const float* bias, int channels, int active,
                                 int passive);

/// Rows of `a` and of `b` side by side; the latter may be null, its width 0 then.
std::vector<float> side_by_side(const float* a, int a_width, const float* b, int b_width, int rows);

}  // namespace ablate::kernels::cuda
