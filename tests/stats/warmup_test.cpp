#include "ablate/stats/stats.hpp"
#include "catch.hpp"
#include "stats/streams.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace {

/// After how many samples warming up ends, by trial; 2000 if it does not.
std::vector<std::size_t> ends_of(const std::function<double(streams::Random&, double)>& sample) {
  std::vector<std::size_t> ends;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    streams::Random random(seed);
    std::vector<double> values;
    while (values.size() < 2000 && !ablate::is_stationary(values))
      values.push_back(sample(random, static_cast<double>(values.size())));
    ends.push_back(values.size());
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

double lognormal(streams::Random& random, double noise) { return std::exp(noise * random.normal()); }

}  // namespace

TEST_CASE("a stationary stream is soon seen to be one, whatever its noise", "[stats]") {
  const auto plain = ends_of([](auto& random, double) { return lognormal(random, 0.02); });
  CHECK(plain[100] <= 32);
  CHECK(plain[190] <= 60);
  const auto heavy = ends_of([](auto& random, double) { return 1 + std::pow(random.uniform(), -1 / 1.5); });
  CHECK(heavy[190] <= 60);
  const auto constant = ends_of([](auto&, double) { return 1.0; });
  CHECK(constant.back() == 30);
}

TEST_CASE("a few cold calls at the start are seen, and forgotten once the newest half is without them",
          "[stats]") {
  const auto cold = ends_of([](auto& random, double i) { return (i < 5 ? 3 : 1) * lognormal(random, 0.02); });
  CHECK(cold[40] > 30);
  CHECK(cold[190] <= 60);
}

TEST_CASE("no stream is stationary while it ramps", "[stats]") {
  const auto down = ends_of([](auto& random, double i) {
    return (1 + 0.2 * std::max(0.0, 1 - i / 100)) * lognormal(random, 0.01);
  });
  CHECK(down[2] > 100);
  CHECK(down[190] < 250);
  const auto up =
      ends_of([](auto& random, double i) { return (1 - 0.2 * std::exp(-i / 40)) * lognormal(random, 0.01); });
  CHECK(up[10] > 100);
}

TEST_CASE("fewer than thirty samples are not enough to say", "[stats]") {
  CHECK(!ablate::is_stationary({}));
  CHECK(!ablate::is_stationary(std::vector<double>(29, 1.0)));
  CHECK(ablate::is_stationary(std::vector<double>(30, 1.0)));
}
