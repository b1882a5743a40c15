#include "ablate/stats/stats.hpp"
#include "catch.hpp"
#include "stats/streams.hpp"

#include <cmath>

using ablate::level;

TEST_CASE("the level of a stream is its median, and outliers do not move it", "[stats]") {
  streams::Random random(1);
  auto values = streams::autocorrelated(random, 200, 0, 0.02);
  const auto before = level(values, {}, 0.95);
  for (std::size_t i = 0; i < 8; ++i) values[i * 25] *= 1000;
  const auto after = level(values, {}, 0.95);
  CHECK(std::abs(after.value - before.value) < 0.005);
  CHECK(after.high - after.low < 2 * (before.high - before.low));
  CHECK((before.low <= before.value && before.value <= before.high));
}

TEST_CASE("a level's ends are samples", "[stats]") {
  std::vector<double> values;
  for (int i = 0; i < 101; ++i) values.push_back((i * 37) % 101);
  const auto found = level(values, {}, 0.95);
  CHECK(found.value == 50);
  CHECK(found.low == std::floor(found.low));
  CHECK((found.low >= 35 && found.low < 45));
  CHECK(found.high == 100 - found.low);
}

TEST_CASE("a constant stream's level is exact; one of no or few samples is open", "[stats]") {
  const std::vector<double> same(30, 4.0), two{1, 3};
  const auto constant = level(same, {}, 0.95);
  CHECK(((constant.value == 4 && constant.low == 4 && constant.high == 4)));
  CHECK(level(two, {}, 0.95).value == 2);
  CHECK(std::isinf(level(two, {}, 0.95).high));
  CHECK(std::isinf(level({}, {}, 0.95).low));
}

TEST_CASE("autocorrelation widens a level's interval", "[stats]") {
  streams::Random random(2);
  const auto width = [&](double phi) {
    const auto found = level(streams::autocorrelated(random, 1000, phi, 0.02), {}, 0.95);
    return found.high - found.low;
  };
  CHECK(width(0.9) > 2 * width(0));
}

TEST_CASE("stretches at different levels widen a level's interval", "[stats]") {
  streams::Random random(3);
  auto values = streams::autocorrelated(random, 800, 0, 0.02);
  std::vector<std::size_t> ends;
  for (std::size_t end = 100; end <= 800; end += 100) ends.push_back(end);
  const auto alike = level(values, ends, 0.95);
  for (std::size_t i = 0; i < 800; ++i) values[i] *= 1 + 0.02 * static_cast<double>((i / 100 * 5) % 8);
  const auto apart = level(values, ends, 0.95);
  CHECK(apart.high - apart.low > 5 * (alike.high - alike.low));
}
