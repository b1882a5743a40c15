#include "ablate/stats/stats.hpp"

#include "ablate/stats/batches.hpp"
#include "catch.hpp"
#include "stats/streams.hpp"

#include <cmath>

using ablate::centre;

namespace {

std::vector<double> noise(std::size_t samples, std::uint64_t seed, double phi = 0) {
  streams::Random random(seed);
  auto values = streams::autocorrelated(random, samples, phi, 0.02);
  for (double& value : values) value = std::log(value);
  return values;
}

bool infinite(const ablate::Estimate& estimate) {
  return std::isinf(estimate.low) && estimate.low < 0 && std::isinf(estimate.high) && estimate.high > 0;
}

/// Whether p-values and intervals say the same of bounds all over the interval and beyond.
void check_dual(const std::vector<double>& samples, const std::vector<std::size_t>& ends) {
  for (const double confidence : {0.8, 0.95, 0.99}) {
    const auto found = centre(samples, ends, confidence);
    for (int i = -50; i <= 50; ++i) {
      const double bound = found.value + 0.0007 * i, tail = (1 - confidence) / 2;
      CHECK((ablate::tail_above(samples, ends, bound) <= tail) == (found.low > bound));
      CHECK((ablate::tail_below(samples, ends, bound) <= tail) == (found.high < bound));
    }
  }
}

}  // namespace

TEST_CASE("log-ratios are those of pairs", "[stats]") {
  const std::vector<double> a{2, 1}, b{1, 4};
  const auto ratios = ablate::log_ratios(a, b);
  REQUIRE(ratios.size() == 2);
  CHECK(std::abs(ratios[0] - std::log(2)) < 1e-15);
  CHECK(std::abs(ratios[1] + std::log(4)) < 1e-15);
}

TEST_CASE("the centre of few values is the median of their Walsh averages", "[stats]") {
  const std::vector<double> values{1, 2, 4, 100};
  // Walsh averages: 1, 1.5, 2, 2.5, 3, 4, 50.5, 51, 52, 100.
  CHECK(centre(values, {}, 0.95).value == 3.5);
}

TEST_CASE("too few samples say nothing of the interval", "[stats]") {
  CHECK(infinite(centre({}, {}, 0.95)));
  CHECK(ablate::tail_above({}, {}, -1) == 1);
  const std::vector<double> values{1, 2, 1.5, 1.2, 1.8};
  for (std::size_t n = 1; n <= values.size(); ++n) {
    const auto few = ablate::Samples(values).first(n);
    CHECK(infinite(centre(few, {}, 0.95)));
    CHECK(std::isfinite(centre(few, {}, 0.95).value));
    CHECK(ablate::tail_above(few, {}, -1e9) > 0.025);
  }
}

TEST_CASE("samples that remember each other longer than a twelfth of the stream say nothing", "[stats]") {
  CHECK(infinite(centre(noise(100, 1, 0.99), {}, 0.95)));
  CHECK(!infinite(centre(noise(100, 1, 0), {}, 0.95)));
}

TEST_CASE("a constant difference has an interval of no width", "[stats]") {
  for (const double value : {0.0, 0.25}) {
    for (const std::size_t n : {6, 30, 1000, 20000}) {
      const std::vector<double> same(n, value);
      const auto found = centre(same, {}, 0.95);
      CHECK(((found.value == value && found.low == value && found.high == value)));
      CHECK(ablate::tail_above(same, {}, value) == 1);
      CHECK(ablate::tail_above(same, {}, value - 0.1) <= 0.025);
      CHECK(ablate::tail_below(same, {}, value - 0.1) == 1);
    }
  }
}

TEST_CASE("a p-value is at most what an interval leaves out exactly when that excludes the bound",
          "[stats]") {
  check_dual(noise(8, 1), {});
  check_dual(noise(40, 2), {});
  check_dual(noise(500, 3, 0.7), {});
  check_dual(noise(60, 4), {20, 40, 60});
  auto offsets = noise(60, 5);
  for (std::size_t i = 0; i < 30; ++i) offsets[i] += 0.02;
  check_dual(offsets, {10, 20, 30, 40, 50, 60});
}

TEST_CASE("p-values of both sides are small where the centre is far off", "[stats]") {
  const auto values = noise(400, 6);
  CHECK(ablate::tail_above(values, {}, -0.05) < 1e-9);
  CHECK(ablate::tail_below(values, {}, 0.05) < 1e-9);
  CHECK(ablate::tail_above(values, {}, 0.05) > 0.999);
}

TEST_CASE("the sign of the differences turns the interval around", "[stats]") {
  auto values = noise(200, 7);
  const auto one = centre(values, {}, 0.95);
  for (double& value : values) value = -value;
  const auto other = centre(values, {}, 0.95);
  CHECK(std::abs(one.value + other.value) < 1e-12);
  CHECK(std::abs(one.low + other.high) < 1e-12);
}

TEST_CASE("stretches that differ widen the interval", "[stats]") {
  auto values = noise(400, 8);
  std::vector<std::size_t> ends;
  for (std::size_t end = 50; end <= 400; end += 50) ends.push_back(end);
  const auto alike = centre(values, ends, 0.95);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += i / 50 % 2 == 0 ? 0.02 : -0.02;
  const auto apart = centre(values, ends, 0.95);
  CHECK(apart.high - apart.low > 3 * (alike.high - alike.low));
  CHECK((apart.low < 0 && 0 < apart.high));
}

TEST_CASE("whatever takes the square of a number takes a small one", "[stats]") {
  // What makes twenty thousand samples a millisecond's work: a thousand means are correlated, forty ranked.
  const auto values = noise(20000, 9, 0.9);
  CHECK(ablate::memory(values, ablate::stretches(values.size(), {})).step == 20);
  CHECK(ablate::batches(values, {}).pieces.size() <= 40);
}

TEST_CASE("a ratio is the exponential of its logarithm", "[stats]") {
  const auto ratio = ablate::exponential({0, -1, std::log(2)});
  CHECK(ratio.value == 1);
  CHECK(std::abs(ratio.low - std::exp(-1)) < 1e-15);
  CHECK(std::abs(ratio.high - 2) < 1e-15);
}

TEST_CASE("precision is the half width as part of the value", "[stats]") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(ablate::Estimate{2, 1, 3}.precision() == 0.5);
  CHECK(ablate::Estimate{-2, -3, -1}.precision() == 0.5);
  CHECK(std::isinf(ablate::Estimate{0, -1, 1}.precision()));
  CHECK(std::isinf(ablate::Estimate{1, -infinity, infinity}.precision()));
  CHECK(ablate::Estimate{1, 1, 1}.precision() == 0);
}

TEST_CASE("sampling stops at the precision asked, and looks seldom", "[stats]") {
  CHECK(ablate::precise_enough({1, 0.99, 1.01}, 0.0101));
  CHECK(!ablate::precise_enough({1, 0.98, 1.01}, 0.0101));
  CHECK(ablate::next_check(0) == 30);
  CHECK(ablate::next_check(29) == 30);
  CHECK(ablate::next_check(30) == 45);
  CHECK(ablate::next_check(45) == 67);
}
