#include "ablate/stats/batches.hpp"
#include "catch.hpp"
#include "stats/streams.hpp"

#include <algorithm>
#include <cmath>

using ablate::Range;

namespace {

ablate::Correlation average_memory(double phi, std::size_t samples) {
  streams::Random random(5);
  ablate::Correlation average{0, 0, 0};
  for (int trial = 0; trial < 50; ++trial) {
    auto values = streams::autocorrelated(random, samples, phi, 0.02);
    const auto found = ablate::memory(values, ablate::stretches(samples, {}));
    average.time += found.time / 50;
    average.step += found.step / 50;
    average.correlation += found.correlation / 50;
  }
  return average;
}

}  // namespace

TEST_CASE("stretches end where the ends say, and what follows the last is one more", "[stats]") {
  const std::vector<std::size_t> ends{3, 3, 7};
  const auto parts = ablate::stretches(9, ends);
  REQUIRE(parts.size() == 3);
  CHECK((parts[0].begin == 0 && parts[0].end == 3));
  CHECK((parts[1].begin == 3 && parts[1].end == 7));
  CHECK((parts[2].begin == 7 && parts[2].end == 9));
  CHECK(ablate::stretches(9, {}).size() == 1);
  CHECK(ablate::stretches(2, ends).size() == 1);
}

TEST_CASE("a fifth is cut off at either end, fractions counted", "[stats]") {
  const std::vector<double> five{100, 2, 1, 3, -50}, three{1, 10, 4}, two{1, 4}, one{7};
  CHECK(ablate::trimmed_mean(five) == 2);
  // 0.6 samples go at either end: 0.4 of 1 and of 10 stay.
  CHECK(std::abs(ablate::trimmed_mean(three) - (0.4 * 1 + 4 + 0.4 * 10) / 1.8) < 1e-12);
  CHECK(ablate::trimmed_mean(two) == 2.5);
  CHECK(ablate::trimmed_mean(one) == 7);
}

TEST_CASE("the median of an even number is the mean of the middle two", "[stats]") {
  CHECK(ablate::median({4, 1, 3, 2}) == 2.5);
  CHECK(ablate::median({4, 1, 3}) == 3);
}

TEST_CASE("memory is near the truth, and on its safe side", "[stats]") {
  CHECK(average_memory(0, 1000).time < 1.3);
  const auto half = average_memory(0.5, 1000);
  CHECK((half.time > 3 && half.time < 4));
  const auto long_memory = average_memory(0.9, 1000);
  CHECK((long_memory.time > 19 && long_memory.time < 29));
  const auto condensed = average_memory(0.99, 20000);
  CAPTURE(condensed.time);
  CHECK((condensed.time > 199 && condensed.time < 400));
  CHECK(std::abs(condensed.step - 20) < 1e-9);
}

TEST_CASE("a constant stream has no memory", "[stats]") {
  const std::vector<double> same(50, 3.0);
  const auto found = ablate::memory(same, ablate::stretches(same.size(), {}));
  CHECK(found.time == 1);
  CHECK(found.correlation == 0);
}

TEST_CASE("no piece crosses an end, none is missing, and there are as many as can be ranked", "[stats]") {
  const std::vector<std::size_t> ends{1, 2, 3, 1003, 1010, 1011};
  const auto parts = ablate::stretches(1011, ends);
  const auto pieces = ablate::independent_pieces(parts, {}, 40);
  CHECK(pieces.size() <= 40);
  CHECK(pieces.size() > 30);
  std::size_t reached = 0;
  for (const auto& piece : pieces) {
    CHECK(piece.begin == reached);
    CHECK(piece.size() > 0);
    reached = piece.end;
    CHECK(std::none_of(ends.begin(), ends.end(),
                       [&](std::size_t end) { return piece.begin < end && end < piece.end; }));
  }
  CHECK(reached == 1011);
}

TEST_CASE("pieces are at least as long as the memory", "[stats]") {
  const auto pieces = ablate::independent_pieces({Range{0, 200}}, {19, 1, 0.9}, 40);
  CHECK(pieces.size() == 10);
}

TEST_CASE("pieces much longer than the memory need no widening, short ones the whole of it", "[stats]") {
  const ablate::Correlation remembered{19, 1, 0.9};
  CHECK(std::abs(ablate::widening(remembered, 1) - std::sqrt(19)) < 1e-9);
  CHECK(ablate::widening(remembered, 1e6) < 1.0001);
  CHECK(ablate::widening({}, 1) == 1);
}

TEST_CASE("more stretches than can be ranked are taken together", "[stats]") {
  std::vector<double> values;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < 300; ++i) {
    values.push_back(static_cast<double>(i % 7));
    ends.push_back(i + 1);
  }
  CHECK(ablate::batches(values, ends).parts.size() == 40);
}
