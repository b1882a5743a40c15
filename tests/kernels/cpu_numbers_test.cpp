// What the fused form does with numbers that its shortcuts could harm: it subtracts rows of the input from
// each other, which infinities, NaN and very large values do not survive.

#include "catch.hpp"
#include "kernels/cpu_blocks.hpp"

#include <limits>

using namespace ablate::kernels;
using namespace ablate::kernels::testing;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

void check_all(const at::Tensor& input, int64_t num_basis, double tolerance = 1e-5) {
  for (const auto kernel : {1, 3, 7, 9})
    for (const auto& [block, parts] : blocks({.in = 4, .out = 4, .kernel = kernel, .num_basis = num_basis})) {
      const auto expected = step_by_step(parts, input);
      for (const auto capability : capabilities()) {
        INFO(block << ", kernel " << kernel << ", " << num_basis << " basis vectors, " << name(capability));
        CHECK(difference(CpuBlock(parts, capability)(input), expected) < tolerance);
        for (const auto across : {false, true})
          CHECK(difference(run_form(parts, capability, across, input), expected) < tolerance);
      }
    }
}

/// `input` with `value` at a pixel of every channel.
at::Tensor with(const at::Tensor& input, int64_t row, int64_t column, float value) {
  auto changed = input.clone();
  changed.select(2, row).select(2, column).fill_(value);
  return changed;
}

}  // namespace

TEST_CASE("NaN and infinities end up where the steps put them", "[kernels][cpu]") {
  at::manual_seed(7);
  const auto input = at::randn({1, 4, 21, 37});
  for (const auto num_basis : {0, 8})
    for (const auto row : {0, 9, 10, 20}) {
      check_all(with(input, row, 5, not_a_number), num_basis);
      check_all(with(input, row, 36, infinity), num_basis);
      check_all(with(input, row, 0, -infinity), num_basis);
    }
}

TEST_CASE("NaN and infinities end up where the steps put them, two columns at a time", "[kernels][cpu]") {
  at::manual_seed(13);
  const auto input = at::randn({1, 4, 21, 53});
  for (const auto row : {0, 9, 20})
    for (const auto column : {0, 31, 32, 52}) {
      check_all(with(input, row, column, infinity), 0);
      check_all(with(input, row, column, not_a_number), 0);
      check_all(with(with(input, row, column, infinity), row, column == 0 ? 1 : column - 1, -infinity), 0);
    }
}

TEST_CASE("infinities where one block of columns ends end up where the steps put them", "[kernels][cpu]") {
  at::manual_seed(14);
  const auto input = at::randn({1, 4, 9, 200});
  for (const auto column : {103, 104, 111, 112, 113}) check_all(with(input, 4, column, infinity), 0);
}

TEST_CASE("a channel with NaN leaves no trace in the others", "[kernels][cpu]") {
  at::manual_seed(15);
  for (const auto width : {37, 53, 64}) {
    auto input = at::randn({2, 4, 80, width});
    input.select(1, 2).select(1, 40).fill_(not_a_number);
    check_all(input, 0);
  }
}

TEST_CASE("infinities above each other end up where the steps put them", "[kernels][cpu]") {
  at::manual_seed(8);
  const auto input = at::randn({1, 4, 21, 37});
  for (const auto other : {infinity, -infinity, not_a_number, 3e38F})
    check_all(with(with(input, 8, 5, infinity), 9, 5, other), 0);
}

TEST_CASE("a difference that overflows is no harm", "[kernels][cpu]") {
  at::manual_seed(9);
  const auto input = at::randn({1, 4, 21, 37});
  for (const auto row : {7, 8, 20}) check_all(with(with(input, row, 5, 3e37F), row - 1, 5, -3.3e38F), 0);
}

TEST_CASE("large means cost no digits", "[kernels][cpu]") {
  at::manual_seed(10);
  for (const auto mean : {1e3, 1e6}) check_all(at::randn({2, 4, 40, 23}) + mean, 8);
}

TEST_CASE("small and denormal numbers cost no digits", "[kernels][cpu]") {
  at::manual_seed(11);
  const auto input = at::randn({1, 4, 12, 20});
  for (const auto factor : {1e-30, 1e-37, 1e-40}) {
    auto parts = dw_block({.in = 4, .out = 4});
    parts.depthwise_bias.zero_();
    // Two denormal numbers differ by a whole step of theirs, whoever rounds.
    const auto expected = step_by_step(parts, input * factor);
    for (const auto capability : capabilities()) {
      const auto off = (CpuBlock(parts, capability)(input * factor) - expected).abs().max().item<double>();
      INFO(name(capability) << ", inputs of " << factor);
      CHECK(off <= std::max(1e-5 * expected.max().item<double>(), 32 * 1.4e-45));
    }
  }
}

TEST_CASE("zeros give the bias", "[kernels][cpu]") {
  at::manual_seed(12);
  check_all(at::full({1, 4, 8, 8}, 0.0), 8);
}

TEST_CASE("the comparison sees what it should", "[kernels][cpu]") {
  const auto ones = at::full({1, 4, 2, 2}, 1.0);
  CHECK(difference(with(ones, 1, 1, not_a_number), ones) == infinity);
  CHECK(difference(ones, with(ones, 1, 1, not_a_number)) == infinity);
  CHECK(difference(with(ones, 1, 1, infinity), with(ones, 1, 1, -infinity)) == infinity);
  CHECK(difference(with(ones, 1, 1, 1.5), ones) == 0.5);
}
