#include "ablate/stats/quantiles.hpp"
#include "catch.hpp"

#include <cmath>

namespace {

bool near(double value, double expected, double tolerance) { return std::abs(value - expected) <= tolerance; }

}  // namespace

TEST_CASE("normal quantiles are those of the tables", "[stats]") {
  CHECK(ablate::normal_quantile(0.5) == 0);
  CHECK(near(ablate::normal_quantile(0.975), 1.959963984540054, 1e-12));
  CHECK(near(ablate::normal_quantile(0.95), 1.644853626951473, 1e-12));
  CHECK(near(ablate::normal_quantile(0.001), -3.090232306167813, 1e-12));
  CHECK(near(ablate::normal_cdf(1), 0.841344746068543, 1e-12));
}

TEST_CASE("Student's quantiles are those of the tables", "[stats]") {
  CHECK(near(ablate::student_quantile(0.975, 1), 12.70620473617471, 1e-9));
  CHECK(near(ablate::student_quantile(0.975, 2), 4.302652729749464, 1e-10));
  CHECK(near(ablate::student_quantile(0.975, 5), 2.570581835636314, 1e-10));
  CHECK(near(ablate::student_quantile(0.975, 30), 2.042272456301238, 1e-10));
  CHECK(near(ablate::student_quantile(0.995, 10), 3.169272672616951, 1e-10));
  CHECK(near(ablate::student_quantile(0.95, 7), 1.894578605090007, 1e-10));
  CHECK(near(ablate::student_quantile(0.975, 1e6), ablate::normal_quantile(0.975), 1e-5));
  CHECK(ablate::student_quantile(0.5, 3) == 0);
}

TEST_CASE("Student's distribution with one and two degrees of freedom is the closed form", "[stats]") {
  for (const double t : {-50.0, -3.0, -0.4, 0.0, 0.7, 2.0, 1000.0}) {
    CHECK(near(ablate::student_cdf(t, 1), 0.5 + std::atan(t) / std::acos(-1.0), 1e-13));
    CHECK(near(ablate::student_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-13));
  }
}

TEST_CASE("quantiles undo distributions, in the far tail too", "[stats]") {
  for (const double p : {1e-9, 1e-4, 0.02, 0.3, 0.5, 0.8, 0.999}) {
    CHECK(near(ablate::normal_cdf(ablate::normal_quantile(p)) / p, 1, 1e-10));
    for (const double freedom : {1.0, 3.0, 7.0, 39.0, 400.0})
      CHECK(near(ablate::student_cdf(ablate::student_quantile(p, freedom), freedom) / p, 1, 1e-9));
  }
}
