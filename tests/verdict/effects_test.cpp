#include "ablate/verdict/effects.hpp"

#include "catch.hpp"
#include "study/sample.hpp"

#include <cmath>
#include <random>

using namespace ablate;

namespace {

constexpr double microsecond = 1e-6;

Design two_by_two() { return design_of({{"A", {"on", "off"}}, {"B", {"on", "off"}}}, false); }

/// 100 µs, 5 more with A off, nothing with B off, 2 more with both off: effects of 6, 1 and 2 µs.
constexpr double true_levels[] = {100, 100, 105, 107};

/// A record a cell, in rounds that share a drift of ten percent; `noise` is a fraction.
std::vector<Record> sampled(double noise, bool paired, std::size_t rounds = 600) {
  std::mt19937 generator(11);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> samples(4);
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto drift = 1 + 0.1 * std::sin(static_cast<double>(round) / 90);
    for (std::size_t i = 0; i < 4; ++i)
      samples[i].push_back(true_levels[i] * microsecond * drift * (1 + noise * normal(generator)));
  }
  std::vector<Record> records(4);
  for (std::size_t i = 0; i < 4; ++i) {
    records[i].latency = summarise(samples[i]);
    records[i].counts = Counts{1000 + static_cast<std::int64_t>(i), 3, 7, 9};
    if (!paired) continue;
    records[i].pairing.emplace();
    records[i].pairing->group = "g";
    records[i].pairing->ends = {rounds / 4, rounds / 2, 3 * rounds / 4, rounds};
  }
  return records;
}

std::vector<const Record*> pointers(const std::vector<Record>& records) {
  std::vector<const Record*> all;
  for (const auto& record : records) all.push_back(&record);
  return all;
}

MetricEffects effects_on_latency(const std::vector<Record>& records, const std::vector<Floor>& floors = {}) {
  const auto design = two_by_two();
  std::vector<MetricEffects> metrics{
      metric_effects(design, effects_of(design), pointers(records), "latency.median", floors).value()};
  judge_together(metrics);
  return metrics.front();
}

bool covers(const EffectSize& size, double microseconds) {
  return size.estimate.low <= microseconds * microsecond && microseconds * microsecond <= size.estimate.high;
}

}  // namespace

TEST_CASE("effects on a latency are recovered from rounds, whatever drifts", "[verdict]") {
  const auto effects = effects_on_latency(sampled(0.02, true));
  CHECK(effects.paired);
  REQUIRE(effects.sizes.size() == 3);
  CHECK(covers(effects.sizes[0], 6));
  CHECK(covers(effects.sizes[1], 1));
  CHECK(covers(effects.sizes[2], 2));
  for (const auto& size : effects.sizes) {
    CHECK_FALSE(size.within_noise);
    CHECK(size.estimate.high - size.estimate.low < 1.5 * microsecond);
  }
}

TEST_CASE("the interval of an effect covers the truth as often as it says", "[verdict]") {
  // Each run drifts by itself, about a level that is not quite the true one: the effect is that of its level.
  constexpr int runs = 300;
  constexpr std::size_t rounds = 300;
  int covered[3] = {};
  for (unsigned run = 0; run < runs; ++run) {
    std::mt19937 generator(run);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> samples(4);
    std::vector<double> drifts;
    double walk = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      walk = 0.98 * walk + 0.01 * normal(generator);
      drifts.push_back(std::exp(walk));
      for (std::size_t i = 0; i < 4; ++i)
        samples[i].push_back(true_levels[i] * microsecond * drifts.back() * (1 + 0.02 * normal(generator)));
    }
    std::vector<Record> records(4);
    for (std::size_t i = 0; i < 4; ++i) {
      records[i].latency = summarise(samples[i]);
      records[i].pairing.emplace().ends = {rounds / 2, rounds};
    }
    const auto level = summarise(drifts).median;
    const auto effects = effects_on_latency(records);
    const double truth[3] = {6, 1, 2};
    for (std::size_t e = 0; e < 3; ++e) covered[e] += covers(effects.sizes[e], truth[e] * level) ? 1 : 0;
  }
  for (const auto count : covered) CHECK(count >= 0.93 * runs);
}

TEST_CASE("levels that were not sampled together tell effects less exactly", "[verdict]") {
  const auto effects = effects_on_latency(sampled(0.02, false));
  CHECK_FALSE(effects.paired);
  const auto paired = effects_on_latency(sampled(0.02, true));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &apart = effects.sizes[i].estimate, &together = paired.sizes[i].estimate;
    CHECK(apart.high - apart.low > together.high - together.low);
  }
  CHECK(covers(effects.sizes[0], 6));
}

TEST_CASE("what the noise could be is within noise", "[verdict]") {
  const auto noisy = effects_on_latency(sampled(0.5, true, 100));
  CHECK(noisy.sizes[1].within_noise);
  CHECK(noisy.sizes[1].p > 0.05);

  const auto floor = Floor{"cpu", Clock::host, {1, 0.95, 1.03}, 0.03, 1};
  const auto judged = effects_on_latency(sampled(0.02, true), {floor});
  CHECK_FALSE(judged.sizes[0].within_noise);  // 6 µs of 100
  CHECK(judged.sizes[1].within_noise);        // 1 µs, and the floor is 3
  CHECK(judged.sizes[0].floor == Approx(std::expm1(0.03) * judged.reference));
  CHECK(judged.sizes[2].floor == Approx(2 * judged.sizes[0].floor));
}

TEST_CASE("p-values are corrected over all that was timed, and counts are none of it", "[verdict]") {
  const auto design = two_by_two();
  const auto records = sampled(0.3, true, 200);
  const auto effects = effects_of(design);
  const auto on = [&](const char* metric) {
    return metric_effects(design, effects, pointers(records), metric, {}).value();
  };
  std::vector<MetricEffects> metrics{on("params"), on("latency")};
  std::vector<double> p;
  for (const auto& size : metrics[1].sizes) p.push_back(size.p);
  judge_together(metrics);
  const auto corrected = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(metrics[1].sizes[i].p == corrected[i]);
  CHECK_FALSE(metrics[0].sizes[0].within_noise);
  CHECK(metrics[0].exact);
  CHECK(metrics[0].reference == 1000);
  CHECK(metrics[0].sizes[0].estimate.value == 2);
  CHECK(metrics[0].unexplained == 0.0);
}

TEST_CASE("an effect on what one cell lacks is none", "[verdict]") {
  auto records = sampled(0.1, true, 20);
  records[2].latency.reset();
  const auto design = two_by_two();
  const auto on = [&](const char* metric) {
    return metric_effects(design, effects_of(design), pointers(records), metric, {}).has_value();
  };
  CHECK_FALSE(on("latency"));
  CHECK_FALSE(on("memory.activations"));
  CHECK(on("macs"));
}

namespace {

struct Planned {
  Study study;
  Plan plan;
};

Planned factorial(const char* section) {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  document["sections"] = {Json::parse(section)};
  auto study = parse(document);
  auto made = plan(study, sample_blocks());
  return {std::move(study), std::move(made)};
}

/// Parameters of STMBlock with 32 active channels, deployed, by hand.
std::int64_t stm_params(const Options& options) {
  const auto kind = options.contains("recalibration") ? std::get<std::string>(options.at("recalibration"))
                                                      : std::string("affine");
  const auto side = options.contains("kxk") ? 1 : 7;
  return 32 * side * side + 32 + (kind == "none" ? 0 : kind == "scale" ? 2 : 3) * 32 * 8;
}

Records counted(const Planned& planned) {
  Records records;
  for (const auto& cell : planned.plan.cells) {
    Record record;
    record.cell = cell;
    record.counts = Counts{stm_params(cell.options), 0, 0, 0};
    records.emplace(cell.id, record);
  }
  return records;
}

}  // namespace

TEST_CASE("the parameters of STMBlock's factorial add up: reference, main effects, interactions, cell",
          "[verdict]") {
  const auto planned = factorial(R"({"id": "parts", "kind": "factorial", "variants": ["STM"],
      "axes": {"batch": [1, 2]}, "metrics": ["params"],
      "factors": {"recalibration": ["none", "scale", "affine"], "kxk": [true, false]}})");
  const auto records = counted(planned);
  const auto analyses = factorial_analyses(planned.study, planned.plan, planned.plan.sections[0], records);
  REQUIRE(analyses.size() == 2);
  const auto& analysis = analyses[1];
  CHECK(analysis.place.at("batch") == "2");
  CHECK_FALSE(analysis.place.contains("kxk"));
  REQUIRE(analysis.metrics.size() == 1);
  REQUIRE(analysis.effects.size() == 5);
  const auto& metric = analysis.metrics[0];
  CHECK(metric.unexplained == 0.0);
  for (std::size_t i = 0; i < analysis.cells.size(); ++i) {
    const auto& point = analysis.design.points[i];
    auto sum = metric.reference;
    for (std::size_t e = 0; e < analysis.effects.size(); ++e) {
      const auto& terms = analysis.effects[e].terms;
      const bool here =
          std::ranges::all_of(terms, [&](const Term& term) { return point[term.factor] == term.level; });
      if (here) sum += metric.sizes[e].estimate.value;
    }
    CHECK(sum == static_cast<double>(records.at(analysis.cells[i]).counts->params));
  }
}

TEST_CASE("half a fraction is analysed from half the cells, and a cell that is missing is said",
          "[verdict]") {
  const auto planned = factorial(R"({"id": "parts", "kind": "factorial", "variants": ["STM"],
      "metrics": ["params"], "fraction": 2,
      "factors": {"kxk": [true, false], "shuffle": [true, false], "identity": [true, false]}})");
  auto records = counted(planned);
  const auto analyse = [&] {
    return factorial_analyses(planned.study, planned.plan, planned.plan.sections[0], records).at(0);
  };
  const auto whole = analyse();
  CHECK(whole.cells.size() == 4);
  CHECK(whole.metrics.at(0).sizes.at(0).estimate.value == 32 - 32 * 49);
  CHECK(whole.metrics.at(0).sizes.at(1).estimate.value == 0);
  CHECK_FALSE(whole.metrics.at(0).unexplained);
  records.erase(whole.cells[3]);
  CHECK(analyse().metrics.empty());
  CHECK(analyse().missing == std::vector<std::string>{"params"});
}
