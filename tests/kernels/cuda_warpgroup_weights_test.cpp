#include "ablate/kernels/cuda/warpgroup_weights.hpp"
#include "catch.hpp"

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

struct Packed {
  std::vector<float> floats;

  uint16_t half_at(int channel, int input) const {
    const int group = channel / 8 * warpgroup_group_floats(active, passive, 2);
    const auto* raw = reinterpret_cast<const unsigned char*>(floats.data() + group);
    uint16_t bits = 0;
    std::memcpy(&bits, raw + 2 * warpgroup_halves_index(channel % 8, input), 2);
    return bits;
  }
  float at(int channel, int input, bool low) const {
    const int group = channel / 8 * warpgroup_group_floats(active, passive);
    const int part = low ? warpgroup_part_floats(active, passive) : 0;
    return floats[static_cast<std::size_t>(group + part + warpgroup_weight_index(channel % 8, input))];
  }
};

int padded_half(int k) { return k < active ? k : padded_active(active, 2) + k - active; }
int padded_input(int k) { return k < active ? k : padded_active(active) + k - active; }

}  // namespace

TEST_CASE("the two parts of a weight for warp-groups are the weight, the first of them a TF32 number",
          "[kernels]") {
  const auto weight = some_weights();
  const Packed packed{warpgroup_mix(weight.data(), nullptr, outputs, active, passive)};
  for (int m = 0; m < outputs; ++m)
    for (int k = 0; k < active + passive; ++k) {
      const float high = packed.at(m, padded_input(k), false), low = packed.at(m, padded_input(k), true);
      CAPTURE(m, k);
      CHECK(high + low == weight[static_cast<std::size_t>(m * (active + passive) + k)]);
      CHECK((std::bit_cast<uint32_t>(high) & 0x1fffU) == 0);
    }
}

TEST_CASE("inputs and outputs that only fill up have weights of zero", "[kernels]") {
  const auto weight = some_weights();
  const std::vector<float> bias(outputs, 2.5F);
  const Packed packed{warpgroup_mix(weight.data(), bias.data(), outputs, active, passive)};
  std::size_t others = 0;
  for (const float v : packed.floats) others += v == 0 ? 0 : 1;
  std::size_t own = outputs;  // the biases
  for (int m = 0; m < outputs; ++m)
    for (int k = 0; k < active + passive; ++k)
      for (const bool low : {false, true}) own += packed.at(m, padded_input(k), low) == 0 ? 0 : 1;
  CHECK(others == own);
  CHECK(packed.floats[static_cast<std::size_t>(2 * warpgroup_part_floats(active, passive))] == 2.5F);
}

TEST_CASE("16-bit weights for warp-groups stay as they are, with zeros between and biases behind",
          "[kernels]") {
  std::vector<uint16_t> weight;
  for (int i = 0; i < outputs * (active + passive); ++i) weight.push_back(static_cast<uint16_t>(0x7c00 + i));
  const std::vector<float> bias(outputs, 2.5F);
  const Packed packed{warpgroup_mix_halves(weight.data(), bias.data(), outputs, active, passive)};
  for (int m = 0; m < outputs; ++m)
    for (int k = 0; k < active + passive; ++k) {
      CAPTURE(m, k);
      CHECK(packed.half_at(m, padded_half(k)) ==
            weight[static_cast<std::size_t>(m * (active + passive) + k)]);
    }
  std::size_t others = 0;
  for (const float v : packed.floats) {
    const auto bits = std::bit_cast<uint32_t>(v);
    if (v != 2.5F) others += ((bits & 0xffff) != 0 ? 1U : 0U) + ((bits >> 16) != 0 ? 1U : 0U);
  }
  CHECK(others == weight.size());
  CHECK(packed.floats[static_cast<std::size_t>(warpgroup_part_floats(active, passive, 2))] == 2.5F);
}

TEST_CASE("a thread of the tensor cores has every fourth input channel of 16-bit elements", "[kernels]") {
  for (int channel = 0; channel < 16; ++channel) {
    const int index = warpgroup_halves_index(3, 32 + channel);
    const int k = (index / 64 - 4) * 8 + index % 8;  // of the product
    CAPTURE(channel);
    CHECK(index / 8 % 8 == 3);
    CHECK(k / 2 % 4 == channel % 4);          // the thread
    CHECK(k / 8 * 2 + k % 2 == channel / 4);  // in its order
  }
}

TEST_CASE("a group's operands lie where core matrices of 128 bytes begin", "[kernels]") {
  CHECK(warpgroup_group_floats(active, passive) * 4 % 128 == 0);
  CHECK(warpgroup_part_floats(active, passive) * 4 % 128 == 0);
  CHECK(warpgroup_group_floats(active, passive, 2) * 4 % 128 == 0);
  CHECK(warpgroup_part_floats(active, passive, 2) * 4 % 128 == 0);
  CHECK(warpgroup_halves_index(7, 7) == 63);
  CHECK(warpgroup_halves_index(0, 8) == 64);
  CHECK(warpgroup_weight_index(7, 3) == 31);
  CHECK(warpgroup_weight_index(0, 4) == 32);
}

TEST_CASE("rows stand side by side", "[kernels]") {
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6};
  CHECK(side_by_side(a, 2, b, 1, 2) == std::vector<float>{1, 2, 5, 3, 4, 6});
  CHECK(side_by_side(a, 2, nullptr, 0, 2) == std::vector<float>{1, 2, 3, 4});
}
