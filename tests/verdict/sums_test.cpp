#include "ablate/verdict/sums.hpp"

#include "catch.hpp"
#include "verdict/examples.hpp"

using namespace ablate;
using namespace examples;

namespace {

const char* section = R"({"id": "parts", "title": "Parts", "variants": ["A", "B", "C"],
  "metrics": ["latency", "latency.mean", "params"], "protocol": "p",
  "sums": [{"whole": "C", "parts": ["A", "B", "B"]}]})";

/// C takes 10 µs more than A and two B.
Record of_parts(const Cell& cell) {
  return paired(cell, {cell.variant == "A" ? 2e-5 : cell.variant == "B" ? 3e-5 : 9e-5, 0.002});
}

template <typename Make>
std::vector<Residual> residuals_of(Make make) {
  const auto planned = examples::planned(section);
  return residuals(planned.study, planned.plan, planned.plan.sections.at(0), records_of(planned, make));
}

}  // namespace

TEST_CASE("the residual is the whole less its parts, round by round", "[verdict]") {
  const auto found = residuals_of(of_parts);
  REQUIRE(found.size() == 2);  // one clock, one count
  const auto& residual = found.at(0);
  CHECK(residual.metric == "latency");
  CHECK(residual.paired);
  CHECK(residual.whole->value == Approx(9e-5).epsilon(0.002));
  CHECK(residual.parts->value == Approx(8e-5).epsilon(0.002));
  CHECK(residual.residual->low < 1e-5);
  CHECK(residual.residual->high > 1e-5);
  CHECK(residual.share->value == Approx(1.0 / 9).epsilon(0.02));
  CHECK(residual.grounds.size() == 4);
}

TEST_CASE("counts of parts are held exactly against the whole", "[verdict]") {
  const auto found = residuals_of(of_parts).at(1);
  CHECK(found.metric == "params");
  CHECK(found.whole->value == 20 * 64);
  CHECK(found.residual->value == 20 * 64 - 10 * 64 - 2 * 20 * 64);
  CHECK(found.residual->low == found.residual->high);
}

TEST_CASE("parts of other rounds are added by their levels, with wider bounds", "[verdict]") {
  const auto drifting = [](bool same_rounds) {
    return [=](const Cell& cell) {
      auto record = of_parts(cell);
      const auto drift = noise(7, 0.1);
      for (std::size_t i = 0; i < drift.size(); ++i) record.latency->samples[i] *= drift[i];
      if (!same_rounds) record.pairing.reset();
      return record;
    };
  };
  const auto paired = residuals_of(drifting(true)).at(0), apart = residuals_of(drifting(false)).at(0);
  CHECK(paired.paired);
  CHECK_FALSE(apart.paired);
  CHECK(apart.residual->value == Approx(1e-5).epsilon(0.3));
  CHECK(apart.residual->precision() > 2 * paired.residual->precision());
}

TEST_CASE("a part that is missing is named", "[verdict]") {
  const auto found =
      residuals_of([](const Cell& cell) { return cell.variant == "B" ? skipped(cell) : of_parts(cell); });
  CHECK(found.at(0).missing == "B skipped: CUDA is not available here");
  CHECK_FALSE(found.at(0).residual);
}
