#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace ablate::kernels::cuda {
namespace {

/// The TF32 number nearest to `v`; the next towards zero where that would be infinite.
float tf32_of(float v) {
  if (!std::isfinite(v)) return v;
  const auto bits = std::bit_cast<uint32_t>(v);
  const auto nearest = std::bit_cast<float>((bits + 0x1000U) & 0xffffe000U);
  return std::isfinite(nearest) ? nearest : std::bit_cast<float>(bits & 0xffffe000U);
}

}  // namespace

std::vector<float> warpgroup_mix(const float* weight, const float* bias, int channels, int active,
                                 int passive) {
  const int groups = (channels + warpgroup_eight - 1) / warpgroup_eight + warpgroup_spare_groups;
  const auto part = static_cast<std::size_t>(warpgroup_part_floats(active, passive));
  const auto group_floats = static_cast<std::size_t>(warpgroup_group_floats(active, passive));
  std::vector<float> packed(static_cast<std::size_t>(groups) * group_floats);
  for (int m = 0; m < channels; ++m) {
    float* group = packed.data() + static_cast<std::size_t>(m / warpgroup_eight) * group_floats;
    if (bias) group[2 * part + static_cast<std::size_t>(m % warpgroup_eight)] = bias[m];
    for (int k = 0; k < active + passive; ++k) {
      const int padded = k < active ? k : padded_active(active) + k - active;
      const float v = *weight++, high = tf32_of(v);
      const auto at = static_cast<std::size_t>(warpgroup_weight_index(m % warpgroup_eight, padded));
      group[at] = high;
      group[part + at] = std::isfinite(v) ? v - high : 0.0F;
    }
  }
  return packed;
}

std::vector<float> warpgroup_mix_halves(const uint16_t* weight, const float* bias, int channels, int active,
                                        int passive) {
  constexpr int bytes = 2;
  const int groups = (channels + warpgroup_eight - 1) / warpgroup_eight + warpgroup_spare_groups;
  const auto part = static_cast<std::size_t>(warpgroup_part_floats(active, passive, bytes));
  const auto group_floats = static_cast<std::size_t>(warpgroup_group_floats(active, passive, bytes));
  std::vector<float> packed(static_cast<std::size_t>(groups) * group_floats);
  for (int m = 0; m < channels; ++m) {
    float* group = packed.data() + static_cast<std::size_t>(m / warpgroup_eight) * group_floats;
    if (bias) group[part + static_cast<std::size_t>(m % warpgroup_eight)] = bias[m];
    auto* raw = reinterpret_cast<unsigned char*>(group);
    for (int k = 0; k < active + passive; ++k, ++weight) {
      const int padded = k < active ? k : padded_active(active, bytes) + k - active;
      const auto at = static_cast<std::size_t>(warpgroup_halves_index(m % warpgroup_eight, padded));
      std::memcpy(raw + at * bytes, weight, bytes);
    }
  }
  return packed;
}

std::vector<float> side_by_side(const float* a, int a_width, const float* b, int b_width, int rows) {
  std::vector<float> both(static_cast<std::size_t>(rows) * static_cast<std::size_t>(a_width + b_width));
  auto to = both.begin();
  for (int row = 0; row < rows; ++row) {
    to = std::copy_n(a + static_cast<std::ptrdiff_t>(row) * a_width, a_width, to);
    if (b_width > 0) to = std::copy_n(b + static_cast<std::ptrdiff_t>(row) * b_width, b_width, to);
  }
  return both;
}

}  // namespace ablate::kernels::cuda
