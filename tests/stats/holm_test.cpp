#include "ablate/stats/stats.hpp"
#include "catch.hpp"

#include <cmath>

TEST_CASE("p-values are raised step by step, in their own order", "[stats]") {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005}, expected{0.03, 0.06, 0.06, 0.02};
  const auto adjusted = ablate::holm(p);
  REQUIRE(adjusted.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(adjusted[i] - expected[i]) < 1e-15);
}

TEST_CASE("one p-value stays, none is above 1, none at all is nothing", "[stats]") {
  CHECK((ablate::holm(std::vector<double>{0.2}) == std::vector<double>{0.2}));
  CHECK((ablate::holm(std::vector<double>{0.7, 0.8}) == std::vector<double>{1, 1}));
  CHECK(ablate::holm({}).empty());
}
