#include "ablate/verdict/crossing.hpp"

#include "catch.hpp"

#include <cmath>

using namespace ablate;

namespace {

Sighting seen(double at, Standing first, double ratio, double reach = 0) {
  return {std::to_string(static_cast<int>(at)), at, first, {ratio, ratio / (1 + reach), ratio * (1 + reach)}};
}

}  // namespace

TEST_CASE("a crossing lies where the ratio's line over the logarithm of the axis meets 1", "[verdict]") {
  // Ratio = sqrt(x / 45).
  const auto found = crossings({seen(32, Standing::below, std::sqrt(32.0 / 45), 0.01),
                                seen(64, Standing::above, std::sqrt(64.0 / 45), 0.01)});
  REQUIRE(found.size() == 1);
  CHECK(found[0].from == "32");
  CHECK(found[0].to == "64");
  CHECK_FALSE(found[0].first_below);
  REQUIRE(found[0].at);
  CHECK(found[0].at->value == Approx(45));
  // One percent of the ratio is two percent of the axis here.
  CHECK(found[0].at->low == Approx(45 / 1.0201));
  CHECK(found[0].at->high == Approx(45 * 1.0201));
}

TEST_CASE("labels at which the order is open stand between", "[verdict]") {
  const auto found = crossings({seen(16, Standing::above, 1.2), seen(32, Standing::open, 1.001),
                                seen(64, Standing::below, 0.8), seen(128, Standing::below, 0.7)});
  REQUIRE(found.size() == 1);
  CHECK(found[0].from == "16");
  CHECK(found[0].to == "64");
  CHECK(found[0].first_below);
  CHECK(found[0].open == std::vector<std::string>{"32"});
}

TEST_CASE("open or one-sided sightings are no crossing", "[verdict]") {
  CHECK(crossings({seen(16, Standing::open, 1.1), seen(32, Standing::open, 0.9)}).empty());
  CHECK(crossings({seen(16, Standing::below, 0.9), seen(32, Standing::below, 0.8)}).empty());
  CHECK(crossings({seen(16, Standing::below, 0.9), seen(32, Standing::open, 1.1)}).empty());
}

TEST_CASE("an axis of words has crossings without a place", "[verdict]") {
  auto first = seen(16, Standing::below, 0.9), last = seen(32, Standing::above, 1.1);
  first.at.reset();
  CHECK_FALSE(crossings({first, last}).at(0).at);
  CHECK(*number_of(Channels{24, 54}) == Approx(36));
  CHECK(*number_of(OptionValue(2.5)) == 2.5);
  CHECK_FALSE(number_of(std::string("cpu")));
}
