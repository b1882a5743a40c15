// Whether 95 % intervals hold the truth in at least 93 % of 2000 seeded trials. docs/statistics.md shows the
// figures; figures_test.cpp prints them.

#include "catch.hpp"
#include "stats/trials.hpp"

namespace {

constexpr double least = 0.93;

}  // namespace

TEST_CASE("the interval of a ratio holds the truth at every number of rounds", "[stats][coverage]") {
  for (const auto& stream : streams::paired_streams())
    for (const std::size_t rounds : {20, 60, 200, 1000}) {
      INFO(stream.name << ", " << rounds << " rounds");
      CHECK(trials::of_centre(stream, rounds, 0.02).coverage >= least);
    }
}

TEST_CASE("the interval of a ratio holds the truth where sampling stopped since it was narrow",
          "[stats][coverage]") {
  for (const auto& stream : streams::paired_streams()) {
    INFO(stream.name);
    CHECK(trials::of_stopping(stream, 0.02).coverage >= least);
  }
}

TEST_CASE("the interval of a level holds the true median", "[stats][coverage]") {
  for (const auto& stream : streams::single_streams())
    for (const std::size_t samples : {20, 60, 200, 1000}) {
      INFO(stream.name << ", " << samples << " samples");
      CHECK(trials::of_level(stream, samples).coverage >= least);
    }
}

TEST_CASE("the interval of a ratio counts how eight or more stretches differ", "[stats][coverage]") {
  for (const std::size_t count : {8, 12, 20, 40})
    for (const double offset : {0.0, 0.005, 0.02}) {
      INFO(count << " stretches, offsets of " << offset);
      CHECK(trials::of_stretches({count, 50, offset, 0.02}).coverage >= least);
    }
}
