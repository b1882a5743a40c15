#include "ablate/verdict/contrast.hpp"

#include "catch.hpp"
#include "verdict/examples.hpp"

#include <cmath>
#include <limits>

using namespace ablate;
using namespace examples;

namespace {

Cell cell_of(const std::string& variant, std::int64_t channels = 16) {
  Cell cell;
  cell.variant = variant;
  cell.id = variant + std::to_string(channels);
  cell.channels = {channels, channels};
  return cell;
}

Records records_with(std::vector<Record> all) {
  Records records;
  for (auto& record : all) records.emplace(record.cell.id, std::move(record));
  return records;
}

}  // namespace

TEST_CASE("cells of the same rounds are paired: what hits both leaves their ratio alone", "[verdict]") {
  auto a = paired(cell_of("A"), {1e-4, 0}), b = paired(cell_of("B"), {1.01e-4, 0.0005});
  const auto drift = noise(99, 0.2);
  for (auto* record : {&a, &b})
    for (std::size_t i = 0; i < drift.size(); ++i) record->latency->samples[i] *= drift[i];
  const auto contrast = Contrasts({}).between(b, a, "latency");
  REQUIRE(contrast);
  CHECK(contrast->paired());
  CHECK(contrast->ratio(0.95).value == Approx(1.01).epsilon(0.001));
  CHECK(contrast->ratio(0.95).precision() < 0.001);
  CHECK(contrast->p_above(1) < 1e-6);
  CHECK(contrast->p_below(1) > 0.5);
  b.pairing->group = "another";
  const auto apart = Contrasts({}).between(b, a, "latency");
  CHECK_FALSE(apart->paired());
  CHECK(apart->ratio(0.95).precision() > 0.01);
}

TEST_CASE("counts are exact", "[verdict]") {
  auto a = paired(cell_of("A"), {}), b = paired(cell_of("B"), {});
  const auto contrast = Contrasts({}).between(b, a, "params");
  REQUIRE(contrast);
  CHECK(contrast->exact());
  CHECK(contrast->ratio(0.95).low == Approx(2));
  CHECK(contrast->p_above(1.9) == 0);
  CHECK(contrast->p_above(2.1) == 1);
  CHECK(contrast->p_below(2.1) == 0);
  a.counts->params = 0;
  CHECK(Contrasts({}).between(a, b, "params")->ratio(0.95).value == 0);
  CHECK(Contrasts({}).between(b, a, "params")->ratio(0.95).value == std::numeric_limits<double>::infinity());
  b.counts->params = 0;
  CHECK(Contrasts({}).between(b, a, "params")->ratio(0.95).value == 1);
  b.counts.reset();
  CHECK_FALSE(Contrasts({}).between(b, a, "params"));
}

TEST_CASE("the floor is that of the twin farthest out, on its device", "[verdict]") {
  const auto records =
      records_with({paired(cell_of("A", 16), {1e-4, 0.001}, 1.002),
                    paired(cell_of("A", 32), {1e-4, 0.001}, 0.98), paired(cell_of("B", 16), {1e-4, 0.001})});
  const auto floors = noise_floors(records);
  REQUIRE(floors.size() == 1);
  CHECK(floors.front().device == "cpu");
  CHECK(floors.front().groups == 2);
  CHECK(floors.front().ratio.value == Approx(0.98).epsilon(0.001));
  CHECK(floors.front().limit >= -std::log(0.9805));
  const Contrasts contrasts(records);
  const auto contrast = contrasts.between(records.at("B16"), records.at("A16"), "latency");
  CHECK(contrast->floor() == floors.front().limit);
  CHECK(contrasts.between(records.at("B16"), records.at("A16"), "params")->floor() == 0);
}

TEST_CASE("clocks of a device have floors of their own", "[verdict]") {
  auto cell = cell_of("A");
  cell.device = "cuda";
  auto record = paired(cell, {1e-4, 0.001}, 1.02);
  record.device = stream(5e-5, 0.001, 5);
  record.pairing->twin->device = stream(5e-5, 0.001, 6);
  const auto records = records_with({record});
  const auto floors = noise_floors(records);
  REQUIRE(floors.size() == 2);
  CHECK((floors[0].clock == Clock::host && floors[1].clock == Clock::device));
  CHECK(floors[0].limit > 0.018);
  CHECK(floors[1].limit < 0.002);
  record.launch = stream(2e-5, 0.001, 8);
  record.pairing->twin->launch = stream(2e-5, 0.001, 9);
  CHECK(noise_floors(records_with({record})).back().clock == Clock::launch);
  // No twin on the graph's clock: nothing says that it is less noisy than the worst of the others.
  auto other = record;
  other.graph = stream(5e-5, 0.001, 7);
  CHECK(Contrasts(records).between(other, other, "latency.graph")->floor() == floors[0].limit);
}
