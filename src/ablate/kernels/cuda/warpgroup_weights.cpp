#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

namespace ablate::kernels::cuda {
namespace {

/// Groups of weights on their way to the device.
class Groups {
 public:
  Groups(int channels, int active, int passive, int element_bytes)
      : active_(active),
        part_(static_cast<std::size_t>(warpgroup_part_floats(active, passive))),
        constants_(part_ * static_cast<std::size_t>(warpgroup_parts(element_bytes))),
        group_(static_cast<std::size_t>(warpgroup_group_floats(active, passive, element_bytes))),
        floats_(static_cast<std::size_t>((channels + warpgroup_eight - 1) / warpgroup_eight +
                                         warpgroup_spare_groups) *
                group_) {}

  void put(int channel, int input, int part, uint16_t bits) {
    const int padded = input < active_ ? input : padded_active(active_) + input - active_;
    const auto index = static_cast<std::size_t>(warpgroup_weight_index(channel % warpgroup_eight, padded));
    auto* raw = reinterpret_cast<unsigned char*>(group(channel) + static_cast<std::size_t>(part) * part_);
    std::memcpy(raw + index * sizeof bits, &bits, sizeof bits);
  }
  void put_constants(int channel, float bias, float scale) {
    float* to = group(channel) + constants_ + channel % warpgroup_eight;
    to[0] = bias, to[warpgroup_eight] = scale;
  }
  std::vector<float> take() { return std::move(floats_); }

 private:
  float* group(int channel) {
    return floats_.data() + static_cast<std::size_t>(channel / warpgroup_eight) * group_;
  }

  int active_;
  std::size_t part_, constants_, group_;
  std::vector<float> floats_;
};

/// The power of two that brings the largest finite one of `row` to [2^13, 2^14), as far as its reciprocal is
/// a normal number.
int scaling_exponent(std::span<const float> row) {
  float largest = 0;
  for (const float v : row)
    if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
  return largest == 0 ? 0 : std::clamp(13 - std::ilogb(largest), -120, 100);
}

}  // namespace

uint16_t float16_bits(float v) {
  const auto sign = static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16 & 0x8000U);
  const float magnitude = std::abs(v);
  if (std::isnan(v)) return sign | 0x7e00U;
  if (magnitude >= 65520.F) return sign | 0x7c00U;
  // Steps of the numbers that have v's exponent, 1024 in each; the last step of one is the first of the next.
  const int exponent = magnitude == 0 ? -14 : std::max(std::ilogb(magnitude), -14);
  const auto steps = static_cast<int>(std::lrint(std::ldexp(magnitude, 10 - exponent)));
  return static_cast<uint16_t>(sign | static_cast<uint16_t>((exponent + 14) * 1024 + steps));
}

float float16_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, steps = bits & 1023;
  float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(steps), -24)
                                  : std::ldexp(static_cast<float>(1024 + steps), exponent - 25);
  if (exponent == 31)
    magnitude = steps == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

std::vector<float> warpgroup_mix(const float* weight, const float* bias, int channels, int active,
                                 int passive) {
  Groups groups(channels, active, passive, sizeof(float));
  const int inputs = active + passive;
  for (int m = 0; m < channels; ++m, weight += inputs) {
    const int exponent = scaling_exponent({weight, static_cast<std::size_t>(inputs)});
    groups.put_constants(m, bias ? bias[m] : 0.F, std::ldexp(1.F / warpgroup_activation_scale, -exponent));
    for (int k = 0; k < inputs; ++k) {
      const float v = std::ldexp(weight[k], exponent);
      const uint16_t high = float16_bits(v);
      groups.put(m, k, 0, high);
      groups.put(m, k, 1, std::isfinite(v) ? float16_bits(v - float16_value(high)) : uint16_t{0});
    }
  }
  return groups.take();
}

std::vector<float> warpgroup_mix_halves(const uint16_t* weight, const float* bias, int channels, int active,
                                        int passive) {
  Groups groups(channels, active, passive, sizeof(uint16_t));
  for (int m = 0; m < channels; ++m) {
    groups.put_constants(m, bias ? bias[m] : 0.F, 1);
    for (int k = 0; k < active + passive; ++k) groups.put(m, k, 0, *weight++);
  }
  return groups.take();
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
