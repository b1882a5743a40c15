#include "ablate/verdict/claims.hpp"

#include "catch.hpp"
#include "verdict/examples.hpp"

#include <functional>

using namespace ablate;
using namespace examples;

namespace {

const char* sections = R"({"id": "channels", "title": "Channels", "variants": ["A", "B", "C"],
  "axes": {"channels": [16, 32, 64, 128]}, "metrics": ["latency", "params"], "protocol": "p"})";

const std::string on_latency = R"("section": "channels", "metric": "latency", )";
const std::string on_params = R"("section": "channels", "metric": "params", )";

using Make = std::function<Record(const Cell&)>;

std::string claim(const std::string& id, const std::string& fields) {
  return R"({"id": ")" + id + R"(", "text": "A statement", )" + fields + "}";
}

std::vector<Verdict> verdicts_of(const std::string& claims, const Make& make) {
  const auto planned = examples::planned(sections, "", "[" + claims + "]");
  return judge(planned.study, planned.plan, records_of(planned, make));
}

Verdict verdict_of(const std::string& fields, const Make& make) {
  return verdicts_of(claim("it", fields), make).at(0);
}

Outcome outcome_of(const std::string& fields, const Make& make) { return verdict_of(fields, make).outcome; }

/// B takes 0.8 times as long as A, C crosses A between 32 and 64 channels.
Record usual(const Cell& cell) {
  const auto width = static_cast<double>(cell.channels.out);
  if (cell.variant == "A") return paired(cell, {1e-4});
  return paired(cell, {cell.variant == "B" ? 0.8e-4 : 1e-4 * std::sqrt(width / 45)});
}

/// All three take equally long.
Record equal(const Cell& cell) { return paired(cell, {1e-4}); }

const std::string b_below_a = R"("variant": "B", "is": "below", "other": "A")";
const std::string c_below_a = R"("variant": "C", "is": "below", "other": "A")";

}  // namespace

TEST_CASE("a claim that holds at every point is supported, its opposite refuted", "[verdict]") {
  const auto verdict = verdict_of(on_latency + b_below_a, usual);
  CHECK((verdict.outcome == Outcome::supported));
  CHECK(verdict.holds == 4);
  REQUIRE(verdict.effect);
  CHECK(verdict.effect->value == Approx(0.8).epsilon(0.01));
  CHECK(verdict.effect->low < 0.8);
  CHECK(verdict.effect->high > 0.8);
  CHECK(verdict.effect->high < 1);
  CHECK(verdict.effect_of.starts_with("B / A at "));
  CHECK(verdict.grounds.size() == 8);
  CHECK(verdict.grounds.front().label == "B 16");
  CHECK(verdict.why.empty());
  const auto opposite = verdict_of(on_latency + R"("variant": "B", "is": "above", "other": "A")", usual);
  CHECK((opposite.outcome == Outcome::refuted));
  CHECK(opposite.fails == 4);
}

TEST_CASE(
    "of points that are all beyond doubt the nearest is shown where all hold, the farthest where it fails",
    "[verdict]") {
  const auto growing = [](const Cell& cell) {
    auto record = usual(cell);
    record.counts = Counts{};
    record.counts->params = cell.variant == "A" ? 1024 : 512 + 2 * cell.channels.out;
    return record;
  };
  const auto holds = verdict_of(on_params + b_below_a, growing);
  CHECK((holds.outcome == Outcome::supported));
  REQUIRE(holds.effect);
  CHECK(holds.effect->value == 0.75);
  CHECK(holds.effect_of == "B / A at 128");
  const auto fails = verdict_of(on_params + R"("variant": "B", "is": "above", "other": "A")", growing);
  CHECK((fails.outcome == Outcome::refuted));
  REQUIRE(fails.effect);
  CHECK(fails.effect->value == 544.0 / 1024);
  CHECK(fails.effect_of == "B / A at 16");
}

TEST_CASE("noise decides nothing", "[verdict]") {
  for (const auto* is : {"below", "above"}) {
    const auto verdict =
        verdict_of(on_latency + R"("variant": "B", "other": "A", "is": ")" + is + R"(")", equal);
    CHECK((verdict.outcome == Outcome::undecided));
    CHECK_FALSE(verdict.why.empty());
    CHECK(verdict.open == 4);
  }
}

TEST_CASE("a difference within the noise floor is not called one, however sure", "[verdict]") {
  const auto slightly = [](double twin) {
    return [twin](const Cell& cell) {
      return paired(cell, {cell.variant == "B" ? 0.99e-4 : 1e-4, 0.0005}, twin);
    };
  };
  CHECK((outcome_of(on_latency + b_below_a, slightly(1)) == Outcome::supported));
  const auto verdict = verdict_of(on_latency + b_below_a, slightly(1.012));
  CHECK((verdict.outcome == Outcome::undecided));
  CHECK(verdict.why == "difference within the noise floor of 1.2 %");
}

TEST_CASE("within is supported by what is equal, if the floor is narrower", "[verdict]") {
  const std::string within = on_latency + R"("variant": "B", "is": "within", "other": "A", "of": 0.02)";
  CHECK((outcome_of(within, equal) == Outcome::supported));
  CHECK((outcome_of(within, usual) == Outcome::refuted));
  const auto wide_floor = [](const Cell& cell) { return paired(cell, {1e-4}, 1.03); };
  CHECK((outcome_of(within, wide_floor) == Outcome::undecided));
  CHECK((outcome_of(within + R"(, "over": "median")", equal) == Outcome::supported));
}

TEST_CASE("so many times below is held against that bound", "[verdict]") {
  CHECK((outcome_of(on_latency + b_below_a + R"(, "by": 1.2)", usual) == Outcome::supported));
  CHECK((outcome_of(on_latency + b_below_a + R"(, "by": 1.3)", usual) == Outcome::refuted));
  const auto at_the_bound = verdict_of(on_latency + b_below_a + R"(, "by": 1.25)", usual);
  CHECK((at_the_bound.outcome == Outcome::undecided));
  CHECK((outcome_of(on_latency + R"("variant": "A", "is": "above", "other": "B", "by": 1.2)", usual) ==
         Outcome::supported));
}

TEST_CASE("a quantifier says at how many points", "[verdict]") {
  const auto with = [](const char* over) { return on_latency + c_below_a + R"(, "over": ")" + over + "\""; };
  CHECK((outcome_of(with("all"), usual) == Outcome::refuted));
  CHECK((outcome_of(with("some"), usual) == Outcome::supported));
  CHECK(
      (outcome_of(with("most"), usual) == Outcome::refuted));  // at two of four, which is not more than half
  const auto mostly = [](const Cell& cell) {
    const bool above = cell.variant == "C" && cell.channels.out == 128;
    return paired(cell, {above ? 1.1e-4 : cell.variant == "C" ? 0.9e-4 : 1e-4});
  };
  CHECK((outcome_of(with("most"), mostly) == Outcome::supported));
  CHECK((outcome_of(with("all"), mostly) == Outcome::refuted));
  // Half of the points on either side: the median is not known to lie on one.
  const auto halved = [](const Cell& cell) {
    return paired(cell, {cell.variant != "C" ? 1e-4 : cell.channels.out < 64 ? 0.8e-4 : 1.1e-4});
  };
  CHECK((outcome_of(with("median"), halved) == Outcome::undecided));
  const auto median = verdict_of(with("median"), mostly);
  CHECK((median.outcome == Outcome::supported));
  CHECK(median.effect_of == "median of 4 points");
  CHECK(median.effect->value == Approx(0.9).epsilon(0.01));
  CHECK(median.effect->low <= median.effect->value);
  CHECK(median.effect->high >= median.effect->value);
}

TEST_CASE("one point that is open keeps all from being supported, not some", "[verdict]") {
  const auto one_open = [](const Cell& cell) {
    return paired(cell, {cell.variant == "B" && cell.channels.out != 64 ? 0.8e-4 : 1e-4});
  };
  const auto verdict = verdict_of(on_latency + b_below_a, one_open);
  CHECK((verdict.outcome == Outcome::undecided));
  CHECK(verdict.effect_of == "B / A at 64");
  CHECK(verdict.holds == 3);
  CHECK(verdict.open == 1);
  CHECK((outcome_of(on_latency + b_below_a + R"(, "over": "some")", one_open) == Outcome::supported));
  CHECK((outcome_of(on_latency + b_below_a + R"(, "over": "most")", one_open) == Outcome::supported));
}

TEST_CASE("lowest, highest and between are held against all others of the section", "[verdict]") {
  const auto ordered = [](const Cell& cell) {
    return paired(cell, {cell.variant == "A" ? 1e-4 : cell.variant == "B" ? 0.8e-4 : 1.3e-4});
  };
  const auto says = [&](const char* variant, const char* is) {
    return outcome_of(on_latency + R"("variant": ")" + variant + R"(", "is": ")" + is + "\"", ordered);
  };
  CHECK((says("B", "lowest") == Outcome::supported));
  CHECK((says("A", "lowest") == Outcome::refuted));
  CHECK((says("C", "highest") == Outcome::supported));
  CHECK((says("B", "highest") == Outcome::refuted));
  CHECK((says("A", "between") == Outcome::supported));
  CHECK((says("C", "between") == Outcome::refuted));
  CHECK((outcome_of(on_latency + R"("variant": "A", "is": "between")", equal) == Outcome::undecided));
}

TEST_CASE("a rank is the order of all that it names", "[verdict]") {
  const auto ordered = [](const Cell& cell) {
    return paired(cell, {cell.variant == "A" ? 1e-4 : cell.variant == "B" ? 0.8e-4 : 1.3e-4});
  };
  CHECK(
      (outcome_of(on_latency + R"("is": "rank", "order": ["B", "A", "C"])", ordered) == Outcome::supported));
  CHECK((outcome_of(on_latency + R"("is": "rank", "order": ["A", "B", "C"])", ordered) == Outcome::refuted));
  CHECK((outcome_of(on_latency + R"("is": "rank", "order": ["B", "A"])", equal) == Outcome::undecided));
}

TEST_CASE("rising and falling look along their axis", "[verdict]") {
  const auto says = [&](const char* variant, const char* is, const Make& make) {
    return verdict_of(
        on_latency + R"("variant": ")" + variant + R"(", "is": ")" + is + R"(", "axis": "channels")", make);
  };
  const auto rising = says("C", "rising", usual);
  CHECK((rising.outcome == Outcome::supported));
  CHECK(rising.effect_of.starts_with("C "));
  CHECK((says("C", "falling", usual).outcome == Outcome::refuted));
  CHECK((says("A", "rising", usual).outcome == Outcome::undecided));
}

TEST_CASE("a crossing is another order at its two ends", "[verdict]") {
  const std::string crosses =
      on_latency + R"("variant": "C", "is": "crosses", "other": "A", "axis": "channels")";
  CHECK((outcome_of(crosses, usual) == Outcome::supported));
  CHECK((outcome_of(crosses + R"(, "from": 64)", usual) == Outcome::refuted));
  CHECK((outcome_of(crosses, equal) == Outcome::undecided));
}

TEST_CASE("a variant is compared with itself elsewhere", "[verdict]") {
  const std::string wide = R"("variant": {"variant": "C", "channels": 128}, "is": "above",
                              "other": {"channels": 16})";
  const auto verdict = verdict_of(on_latency + wide, usual);
  CHECK((verdict.outcome == Outcome::supported));
  CHECK(verdict.effect_of == "C 128 / C 16");
  // At 16 channels it would be held against itself, which is no point.
  const auto elsewhere =
      verdict_of(on_latency + R"("variant": "C", "is": "above", "other": {"channels": 16})", usual);
  CHECK((elsewhere.outcome == Outcome::supported));
  CHECK(elsewhere.holds == 3);
}

TEST_CASE("counts are what they are: supported or refuted, equality refutes", "[verdict]") {
  const auto more =
      verdict_of(on_params + R"("variant": "B", "is": "above", "other": "A", "by": 1.5)", usual);
  CHECK((more.outcome == Outcome::supported));
  CHECK(more.effect->value == Approx(2));
  CHECK(more.effect->low == more.effect->high);
  CHECK(
      (outcome_of(on_params + R"("variant": "B", "is": "below", "other": "C")", usual) == Outcome::refuted));
  CHECK((outcome_of(on_params + R"("variant": "B", "is": "within", "other": "C", "of": 0.01)", usual) ==
         Outcome::supported));
  CHECK((outcome_of(on_params + R"("variant": "B", "is": "highest")", usual) == Outcome::refuted));
}

TEST_CASE("many claims ask more of each: Holm's correction changes a verdict", "[verdict]") {
  // One claim that is just significant by itself.
  const auto barely = [](const Cell& cell) {
    if (cell.variant != "B" || cell.channels.out != 16) return paired(cell, {1e-4, 0.0002});
    return paired(cell, {0.99e-4, 0.042});
  };
  const auto at16 = R"(, "where": {"channels": 16})";
  const auto first = claim("first", on_latency + b_below_a + at16);
  const auto alone = verdicts_of(first, barely).at(0);
  REQUIRE((alone.outcome == Outcome::supported));
  std::string many = first;
  for (int i = 0; i < 30; ++i)
    many += "," + claim("other" + std::to_string(i),
                        on_latency + R"("variant": "C", "is": "below", "other": "A", "by": 1.)" +
                            std::to_string(100 + i));
  const auto among = verdicts_of(many, barely).at(0);
  CHECK((among.outcome == Outcome::undecided));
  CHECK(among.why == "interval includes 1");
  CHECK(among.effect->high > alone.effect->high);
  // The same statement again and counts take nothing from it.
  std::string same = first;
  for (int i = 0; i < 30; ++i) {
    same += "," + claim("same" + std::to_string(i), on_latency + b_below_a + at16);
    same += "," + claim("count" + std::to_string(i),
                        on_params + c_below_a + R"(, "by": 1.)" + std::to_string(100 + i));
  }
  CHECK((verdicts_of(same, barely).at(0).outcome == Outcome::supported));
}

TEST_CASE("cells that could not be measured leave a claim untested, with the reason", "[verdict]") {
  const auto verdict = verdict_of(on_latency + b_below_a, skipped);
  CHECK((verdict.outcome == Outcome::untested));
  CHECK(verdict.why == "skipped: CUDA is not available here");
  CHECK(verdict.absent);
  CHECK_FALSE(verdict.effect);
  const auto broken =
      verdict_of(on_latency + b_below_a, [](const Cell& cell) { return failed(cell, "out of memory"); });
  CHECK((broken.outcome == Outcome::untested));
  CHECK(broken.why == "failed: out of memory");
  CHECK_FALSE(broken.absent);
}

TEST_CASE("a missing point keeps all from being supported, but can be refuted without", "[verdict]") {
  const auto without64 = [](const Cell& cell) {
    return cell.channels.out == 64 ? skipped(cell) : usual(cell);
  };
  const auto verdict = verdict_of(on_latency + b_below_a, without64);
  CHECK((verdict.outcome == Outcome::undecided));
  CHECK(verdict.why == "skipped: CUDA is not available here");
  CHECK((outcome_of(on_latency + R"("variant": "B", "is": "above", "other": "A")", without64) ==
         Outcome::refuted));
  CHECK((outcome_of(on_latency + b_below_a + R"(, "over": "most")", without64) == Outcome::supported));
}

TEST_CASE("a disturbed cell decides only what lies beyond twice the floor", "[verdict]") {
  const auto disturbed = [](double level, double twin) {
    return [=](const Cell& cell) {
      auto record = paired(cell, {cell.variant == "B" ? level * 1e-4 : 1e-4, 0.0005}, twin);
      if (cell.variant == "B") record.disturbed = {"another process on the device"};
      return record;
    };
  };
  const auto near = verdict_of(on_latency + b_below_a, disturbed(0.985, 1.01));
  CHECK((near.outcome == Outcome::undecided));
  CHECK(near.why == "disturbed: another process on the device");
  CHECK((outcome_of(on_latency + b_below_a, disturbed(0.97, 1.01)) == Outcome::supported));
  const auto no_floor = [&](const Cell& cell) {
    auto record = disturbed(0.5, 1)(cell);
    record.pairing->twin.reset();
    return record;
  };
  CHECK((outcome_of(on_latency + b_below_a, no_floor) == Outcome::undecided));
}

TEST_CASE("cells of different rounds are compared by their levels", "[verdict]") {
  const auto unpaired = [](const Cell& cell) {
    auto record = usual(cell);
    record.pairing.reset();
    return record;
  };
  const auto verdict = verdict_of(on_latency + b_below_a, unpaired);
  CHECK((verdict.outcome == Outcome::supported));
  CHECK(verdict.effect->value == Approx(0.8).epsilon(0.01));
}

TEST_CASE("expectations are held against verdicts, and surprises named", "[verdict]") {
  const auto expecting = [](const char* outcome, const Make& make) {
    return verdicts_of(claim("faster", on_latency + b_below_a + R"(, "expect": ")" + outcome + "\""), make);
  };
  CHECK(expectations_hold(expecting("supported", usual)));
  CHECK(surprises(expecting("supported", usual)).empty());
  const auto refuted = expecting("refuted", usual);
  CHECK_FALSE(expectations_hold(refuted));
  CHECK(surprises(refuted) == std::vector<std::string>{"faster: supported, expected refuted"});
  CHECK_FALSE(expectations_hold(expecting("supported", equal)));
  // A machine without the device says nothing against the claim; a cell that failed does.
  CHECK(expectations_hold(expecting("supported", skipped)));
  CHECK(surprises(expecting("supported", skipped)).size() == 1);
  CHECK_FALSE(expectations_hold(
      expecting("supported", [](const Cell& cell) { return failed(cell, "out of memory"); })));
}

TEST_CASE("a claim that nothing can test keeps its reason", "[verdict]") {
  const auto verdict = verdict_of(R"("untested": "accuracy is not measured")", usual);
  CHECK((verdict.outcome == Outcome::untested));
  CHECK(verdict.why == "accuracy is not measured");
}
