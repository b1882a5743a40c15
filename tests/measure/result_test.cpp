#include "ablate/measure/result.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace ablate;

namespace {

bool near(double a, double b) { return std::abs(a - b) <= 1e-15 * std::abs(b); }

}  // namespace

TEST_CASE("statistics are those that numpy gives", "[measure]") {
  const auto latency = summarise({0.5, 0.1, 0.4, 0.2, 0.9, 0.3});
  CHECK(near(latency.mean, 0.4));
  CHECK(std::abs(latency.std - 0.2581988897471611) < 1e-15);  // np.std, not the sample's 0.2828
  CHECK(near(latency.median, 0.35));
  CHECK(latency.min == 0.1);
  CHECK(near(latency.p05, 0.125));
  CHECK(near(latency.p95, 0.8));
}

TEST_CASE("samples stay in the order in which they were taken", "[measure]") {
  CHECK(summarise({3, 1, 2}).samples == std::vector<double>{3, 1, 2});
}

TEST_CASE("a single sample is its own mean, median and percentiles", "[measure]") {
  const auto latency = summarise({0.25});
  CHECK(latency.mean == 0.25);
  CHECK(latency.std == 0);
  CHECK(latency.median == 0.25);
  CHECK(latency.p05 == 0.25);
  CHECK(latency.p95 == 0.25);
}

TEST_CASE("a small spread beside a large mean is not lost", "[measure]") {
  CHECK(std::abs(summarise({1e6 + 1e-4, 1e6 - 1e-4}).std - 1e-4) < 1e-9);
}

TEST_CASE("no samples, and samples that are no numbers, have no statistics", "[measure]") {
  CHECK_THROWS_AS(summarise({}), std::invalid_argument);
  CHECK_THROWS_AS(summarise({1, std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  CHECK_THROWS_AS(summarise({1, std::numeric_limits<double>::infinity()}), std::invalid_argument);
}
