#include "ablate/kernels/cuda/warpgroup_weights.hpp"
#include "catch.hpp"

#include <bit>
#include <cmath>
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

  float at(int channel, int input, bool low) const {
    const int group = channel / 8 * warpgroup_group_floats(active, passive);
    const int part = low ? warpgroup_part_floats(active, passive) : 0;
    return floats[static_cast<std::size_t>(group + part + warpgroup_weight_index(channel % 8, input))];
  }
};

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

TEST_CASE("a group's operands lie where core matrices of 128 bytes begin", "[kernels]") {
  CHECK(warpgroup_group_floats(active, passive) * 4 % 128 == 0);
  CHECK(warpgroup_part_floats(active, passive) * 4 % 128 == 0);
  CHECK(warpgroup_weight_index(7, 3) == 31);
  CHECK(warpgroup_weight_index(0, 4) == 32);
}

TEST_CASE("rows stand side by side", "[kernels]") {
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6};
  CHECK(side_by_side(a, 2, b, 1, 2) == std::vector<float>{1, 2, 5, 3, 4, 6});
  CHECK(side_by_side(a, 2, nullptr, 0, 2) == std::vector<float>{1, 2, 3, 4});
}
