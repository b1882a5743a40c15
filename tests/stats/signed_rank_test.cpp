#include "ablate/stats/signed_rank.hpp"
#include "catch.hpp"

#include <cmath>
#include <stdexcept>

TEST_CASE("signed ranks of three values are counted by hand", "[stats]") {
  // Of the eight ways to give signs to 1, 2, 3 one has the sum 6, one 5, one 4, two 3.
  CHECK(ablate::signed_rank_tail(3, 6) == 1 / 8.0);
  CHECK(ablate::signed_rank_tail(3, 5) == 2 / 8.0);
  CHECK(ablate::signed_rank_tail(3, 3) == 5 / 8.0);
  CHECK(ablate::signed_rank_tail(3, 0) == 1);
  CHECK(ablate::signed_rank_tail(3, 7) == 0);
}

TEST_CASE("critical values are one above Wilcoxon's table", "[stats]") {
  // The table has the largest sum with a two-sided 0.05 (0.01): none for 5, then 0, 2, 3, 5, 8, ... .
  CHECK(ablate::signed_rank_critical(5, 0.025) == 0);
  CHECK(ablate::signed_rank_critical(6, 0.025) == 1);
  CHECK(ablate::signed_rank_critical(7, 0.025) == 3);
  CHECK(ablate::signed_rank_critical(8, 0.025) == 4);
  CHECK(ablate::signed_rank_critical(9, 0.025) == 6);
  CHECK(ablate::signed_rank_critical(10, 0.025) == 9);
  CHECK(ablate::signed_rank_critical(20, 0.025) == 53);
  CHECK(ablate::signed_rank_critical(30, 0.025) == 138);
  CHECK(ablate::signed_rank_critical(10, 0.005) == 4);
}

TEST_CASE("the most values that can be ranked come near the normal distribution", "[stats]") {
  const double n = static_cast<double>(ablate::max_ranked), middle = n * (n + 1) / 4;
  const double deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  const auto critical = static_cast<double>(ablate::signed_rank_critical(ablate::max_ranked, 0.025));
  CHECK(std::abs((middle - critical) / deviation - 1.96) < 0.03);
  CHECK_THROWS_AS(ablate::signed_rank_tail(ablate::max_ranked + 1, 1), std::logic_error);
}
