#include "ablate/kernels/cuda/warpgroup_weights.hpp"
#include "catch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace ablate::kernels::cuda;

namespace {

constexpr int outputs = 11, active = 5, passive = 7;

/// Every weight another; the largest finite one and Inf among them.
std::vector<float> some_weights() {
  std::vector<float> weight;
  for (int i = 0; i < outputs * (active + passive); ++i)
    weight.push_back(std::ldexp(1.0F + 0.1234567F * static_cast<float>(i), i % 9 - 4) *
                     (i % 2 == 0 ? 1.0F : -1.0F));
  weight[3] = std::numeric_limits<float>::max();
  weight[4] = -std::numeric_limits<float>::infinity();
  return weight;
}

int padded(int k) { return k < active ? k : padded_active(active) + k - active; }

struct Packed {
  std::vector<float> floats;
  int element_bytes;

  std::size_t group_of(int channel) const {
    return static_cast<std::size_t>(channel / 8 * warpgroup_group_floats(active, passive, element_bytes));
  }
  uint16_t bits_at(int channel, int input, int part = 0) const {
    const auto first =
        group_of(channel) + static_cast<std::size_t>(part * warpgroup_part_floats(active, passive));
    const auto* raw = reinterpret_cast<const unsigned char*>(floats.data() + first);
    uint16_t bits = 0;
    std::memcpy(&bits, raw + 2 * warpgroup_weight_index(channel % 8, padded(input)), 2);
    return bits;
  }
  float bias_of(int channel) const { return floats[constants_of(channel)]; }
  float scale_of(int channel) const { return floats[constants_of(channel) + warpgroup_eight]; }

  /// Weights that are not zero.
  std::size_t filled() const {
    std::size_t count = 0;
    const auto group_floats =
        static_cast<std::size_t>(warpgroup_group_floats(active, passive, element_bytes));
    for (std::size_t i = 0; i < floats.size(); ++i) {
      const auto bits = std::bit_cast<uint32_t>(floats[i]);
      if (i % group_floats < group_floats - warpgroup_constant_floats)
        count += ((bits & 0xffffU) != 0 ? 1U : 0U) + ((bits >> 16) != 0 ? 1U : 0U);
    }
    return count;
  }

 private:
  std::size_t constants_of(int channel) const {
    const int parts = warpgroup_parts(element_bytes);
    return group_of(channel) + static_cast<std::size_t>(parts * warpgroup_part_floats(active, passive)) +
           static_cast<std::size_t>(channel % 8);
  }
};

float value(uint16_t bits) { return float16_value(bits); }

}  // namespace

TEST_CASE("a float16 number is the nearest, of two the even one", "[kernels]") {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float v = float16_value(half);
    if (!std::isnan(v)) CHECK(float16_bits(v) == half);
  }
  CHECK(float16_value(0x3c00) == 1);
  CHECK(float16_value(0x0001) == std::ldexp(1.F, -24));
  CHECK(float16_value(0x7bff) == 65504);
  for (const uint16_t bits : std::initializer_list<uint16_t>{0x0001, 0x03ff, 0x3c00, 0x5801, 0x7bfe}) {
    const auto next = static_cast<uint16_t>(bits + 1), even = bits % 2 == 0 ? bits : next;
    const float between = (float16_value(bits) + float16_value(next)) / 2;
    CAPTURE(bits);
    CHECK(float16_bits(between) == even);
    CHECK(float16_bits(std::nextafter(between, 0.F)) == bits);
    CHECK(float16_bits(std::nextafter(between, 1e30F)) == next);
    CHECK(float16_bits(-between) == (even | 0x8000));
  }
  CHECK(float16_bits(65519.9F) == 0x7bff);
  CHECK(float16_bits(65520.F) == 0x7c00);
  CHECK(float16_bits(-std::numeric_limits<float>::infinity()) == 0xfc00);
  CHECK(std::isnan(float16_value(float16_bits(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(float16_bits(std::ldexp(1.F, -25)) == 0);
  CHECK(float16_bits(std::ldexp(1.1F, -25)) == 1);
}

TEST_CASE("two float16 make a weight for warp-groups, as far as its row's largest has bits", "[kernels]") {
  const auto weight = some_weights();
  const Packed packed{warpgroup_mix(weight.data(), nullptr, outputs, active, passive), 4};
  for (int m = 0; m < outputs; ++m) {
    const float* row = weight.data() + m * (active + passive);
    float largest = 0;
    for (int k = 0; k < active + passive; ++k)
      if (std::isfinite(row[k])) largest = std::max(largest, std::abs(row[k]));
    for (int k = 0; k < active + passive; ++k) {
      const double scale = static_cast<double>(packed.scale_of(m)) * warpgroup_activation_scale;
      const double high = value(packed.bits_at(m, k)) * scale, low = value(packed.bits_at(m, k, 1)) * scale;
      CAPTURE(m, k, row[k]);
      if (!std::isfinite(row[k])) {
        CHECK((high == row[k] && low == 0));
        continue;
      }
      CHECK(std::abs(high - row[k]) <= std::abs(std::ldexp(row[k], -11)) + std::ldexp(largest, -38));
      CHECK(std::abs(high + low - row[k]) <= std::abs(std::ldexp(row[k], -22)) + std::ldexp(largest, -38));
    }
  }
}

TEST_CASE("a row's scale is a power of two that brings its largest weight into float16", "[kernels]") {
  for (const float largest : {1.F, 1.99F, 3e38F, 1e-38F, 1e-45F, 0.F}) {
    std::vector<float> weight(outputs * (active + passive), largest / 2);
    weight[2] = -largest;
    const Packed packed{warpgroup_mix(weight.data(), nullptr, outputs, active, passive), 4};
    int exponent = 0;
    CAPTURE(largest);
    CHECK(std::frexp(packed.scale_of(0), &exponent) == 0.5F);
    CHECK(std::isnormal(packed.scale_of(0)));
    if (largest < 1e-30F) continue;  // scaled as far as may be
    CHECK(std::abs(value(packed.bits_at(0, 2))) >= 8192);
    CHECK(std::abs(value(packed.bits_at(0, 2))) <= 16384);
  }
}

TEST_CASE("inputs and outputs that only fill up have weights of zero", "[kernels]") {
  const auto weight = some_weights();
  const std::vector<float> bias(outputs, 2.5F);
  const Packed packed{warpgroup_mix(weight.data(), bias.data(), outputs, active, passive), 4};
  std::size_t own = 0;
  for (int m = 0; m < outputs; ++m) {
    CHECK(packed.bias_of(m) == 2.5F);
    for (int k = 0; k < active + passive; ++k)
      for (const int part : {0, 1}) own += packed.bits_at(m, k, part) == 0 ? 0 : 1;
  }
  CHECK(packed.filled() == own);
}

TEST_CASE("16-bit weights for warp-groups stay as they are, with zeros between and constants behind",
          "[kernels]") {
  std::vector<uint16_t> weight;
  for (int i = 0; i < outputs * (active + passive); ++i) weight.push_back(static_cast<uint16_t>(0x7c00 + i));
  const std::vector<float> bias(outputs, 2.5F);
  const Packed packed{warpgroup_mix_halves(weight.data(), bias.data(), outputs, active, passive), 2};
  for (int m = 0; m < outputs; ++m) {
    CHECK(packed.bias_of(m) == 2.5F);
    CHECK(packed.scale_of(m) == 1);
    for (int k = 0; k < active + passive; ++k) {
      CAPTURE(m, k);
      CHECK(packed.bits_at(m, k) == weight[static_cast<std::size_t>(m * (active + passive) + k)]);
    }
  }
  CHECK(packed.filled() == weight.size());
}

TEST_CASE("a thread of the tensor cores has every fourth input channel", "[kernels]") {
  for (int channel = 0; channel < 16; ++channel) {
    const int index = warpgroup_weight_index(3, 32 + channel);
    const int k = (index / 64 - 4) * 8 + index % 8;  // of the product
    CAPTURE(channel);
    CHECK(index / 8 % 8 == 3);
    CHECK(k / 2 % 4 == channel % 4);          // the thread
    CHECK(k / 8 * 2 + k % 2 == channel / 4);  // in its order
  }
}

TEST_CASE("a group's operands lie where core matrices of 128 bytes begin", "[kernels]") {
  CHECK(warpgroup_part_floats(active, passive) * 4 % 128 == 0);
  for (const int bytes : {4, 2}) CHECK(warpgroup_group_floats(active, passive, bytes) * 4 % 128 == 0);
  CHECK(warpgroup_weight_index(7, 7) == 63);
  CHECK(warpgroup_weight_index(0, 8) == 64);
}

TEST_CASE("rows stand side by side", "[kernels]") {
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6};
  CHECK(side_by_side(a, 2, b, 1, 2) == std::vector<float>{1, 2, 5, 3, 4, 6});
  CHECK(side_by_side(a, 2, nullptr, 0, 2) == std::vector<float>{1, 2, 3, 4});
}
