#include "ablate/stats/stats.hpp"
#include "catch.hpp"

#include <cmath>

using ablate::Estimate;

TEST_CASE("one process is what it says, none says nothing", "[stats]") {
  const std::vector<Estimate> one{{2, 1, 3}};
  const auto pooled = ablate::pool(one, 0.95);
  CHECK(((pooled.estimate.value == 2 && pooled.estimate.low == 1 && pooled.estimate.high == 3)));
  CHECK(pooled.between == 0);
  CHECK(std::isinf(ablate::pool({}, 0.95).estimate.high));
}

TEST_CASE("processes that differ more than their intervals say have a part between them", "[stats]") {
  const std::vector<Estimate> exact{{1, 1, 1}, {2, 2, 2}, {3, 3, 3}};
  const auto pooled = ablate::pool(exact, 0.95);
  CHECK(pooled.estimate.value == 2);
  CHECK(std::abs(pooled.between - 1) < 1e-12);
  CHECK(std::abs(pooled.estimate.high - (2 + 4.302652729749464 / std::sqrt(3))) < 1e-9);
}

TEST_CASE("processes that agree by chance are no surer than their own intervals make them", "[stats]") {
  const double half = 1.959963984540054;  // a standard error of 1
  const std::vector<Estimate> alike{{5, 5 - half, 5 + half}, {5, 5 - half, 5 + half}};
  const auto pooled = ablate::pool(alike, 0.95);
  CHECK(pooled.between == 0);
  CHECK(std::abs(pooled.estimate.high - (5 + 12.70620473617471 / std::sqrt(2))) < 1e-8);
}

TEST_CASE("an open interval does not make the pooled one open", "[stats]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Estimate> some{{1, -infinity, infinity}, {1.1, 1, 1.2}, {0.9, 0.8, 1}};
  CHECK(std::isfinite(ablate::pool(some, 0.95).estimate.high));
}
