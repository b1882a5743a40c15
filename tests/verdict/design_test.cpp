#include "ablate/verdict/design.hpp"

#include "catch.hpp"

#include <random>

using namespace ablate;

namespace {

using Values = std::vector<std::int64_t>;

Factor factor(const std::string& name, std::size_t levels) {
  Factor made{name, {}};
  for (std::size_t i = 0; i < levels; ++i) made.levels.push_back(std::to_string(i));
  return made;
}

Design full(const std::vector<std::size_t>& levels) {
  std::vector<Factor> factors;
  for (const auto count : levels) factors.push_back(factor(std::string(1, "ABCDE"[factors.size()]), count));
  return design_of(factors, false);
}

Design half(std::size_t count) {
  auto design = full(std::vector<std::size_t>(count, 2));
  return design_of(design.factors, true);
}

std::vector<Fraction> fractions(const Values& values) { return {values.begin(), values.end()}; }

/// One value for each point, of whatever the levels give.
template <typename Call>
Values values_of(const Design& design, const Call& call) {
  Values values;
  for (const auto& point : design.points) values.push_back(call(point));
  return values;
}

Fraction size_of_effect(const Design& design, const Values& values, const std::string& name) {
  for (const auto& effect : effects_of(design, design.factors.size()))
    if (name_of(effect, design) == name) return effect_on(effect, values);
  throw std::runtime_error("no effect " + name);
}

}  // namespace

TEST_CASE("fractions are exact, in lowest terms, and say when they do not fit", "[verdict]") {
  CHECK(Fraction(6, -4) == Fraction(-3, 2));
  CHECK(Fraction(1, 2) + Fraction(1, 3) == Fraction(5, 6));
  CHECK(Fraction(1, 2) - Fraction(1, 2) == Fraction(0));
  CHECK(Fraction(2, 3) * Fraction(3, 4) == Fraction(1, 2));
  CHECK(Fraction(-7, 2).value() == -3.5);
  const Fraction large = INT64_MAX;
  CHECK_THROWS_AS(large + large, std::overflow_error);
  CHECK_THROWS_AS(large * Fraction(2), std::overflow_error);
  CHECK_THROWS_AS(Fraction(1, 0), std::invalid_argument);
}

TEST_CASE("effects of two factors of two levels are those computed by hand", "[verdict]") {
  const auto design = full({2, 2});
  const Values cells{10, 11, 14, 20};  // A0B0, A0B1, A1B0, A1B1
  CHECK(effects_of(design).size() == 3);
  CHECK(size_of_effect(design, cells, "A 1") == Fraction(13, 2));
  CHECK(size_of_effect(design, cells, "B 1") == Fraction(7, 2));
  CHECK(size_of_effect(design, cells, "A 1 × B 1") == Fraction(5));
}

TEST_CASE("grand mean and all effects rebuild every cell exactly", "[verdict]") {
  const auto levels = GENERATE(std::vector<std::size_t>{2}, std::vector<std::size_t>{3, 2},
                               std::vector<std::size_t>{2, 3, 2}, std::vector<std::size_t>{3, 3, 2, 2});
  const auto design = full(levels);
  std::mt19937 generator(7);
  std::uniform_int_distribution<std::int64_t> any(-1000000, 1000000);
  const auto cells = values_of(design, [&](const auto&) { return any(generator); });
  CHECK((rebuild(design, effects_of(design, levels.size()), cells) == fractions(cells)));
  if (levels.size() > 2) CHECK_FALSE((rebuild(design, effects_of(design, 2), cells) == fractions(cells)));
}

TEST_CASE("where parts add up, the reference and the main effects are the cell", "[verdict]") {
  const auto design = full({3, 2, 2});
  const std::int64_t cost[3][3] = {{0, 40, -7}, {0, 13, 0}, {0, -100, 0}};
  const auto cells = values_of(design, [&](const auto& point) {
    return 5000 + cost[0][point[0]] + cost[1][point[1]] + cost[2][point[2]];
  });
  for (const auto& effect : effects_of(design, 3)) {
    const auto& term = effect.terms.front();
    const auto expected = effect.terms.size() == 1 ? cost[term.factor][term.level] : 0;
    CHECK(effect_on(effect, cells) == Fraction(expected));
  }
  CHECK((rebuild(design, effects_of(design, 1), cells) == fractions(cells)));
}

TEST_CASE("an interaction of three factors is what effects of two leave open", "[verdict]") {
  const auto design = full({2, 2, 2});
  const auto cells =
      values_of(design, [](const auto& point) { return point[0] * point[1] * point[2] == 1 ? 8 : 0; });
  CHECK(size_of_effect(design, cells, "A 1 × B 1 × C 1") == Fraction(8));
  const auto rebuilt = rebuild(design, effects_of(design, 2), cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto left = Fraction(cells[i]) - rebuilt[i];
    CHECK((left == Fraction(1) || left == Fraction(-1)));
  }
}

TEST_CASE("half a fraction of three factors gives main effects, each with the other two's interaction",
          "[verdict]") {
  const auto design = half(3);
  CHECK(design.points.size() == 4);
  CHECK(design.points.front() == std::vector<std::size_t>{0, 0, 0});
  const auto effects = effects_of(design);
  REQUIRE(effects.size() == 3);
  CHECK(name_of(effects[0], design) == "A 1");
  CHECK(alias_of(effects[0], design) == "B × C");
  const auto additive = values_of(design, [](const auto& point) {
    return static_cast<std::int64_t>(100 + 3 * point[0] + 5 * point[1] + 7 * point[2]);
  });
  CHECK(effect_on(effects[0], additive) == Fraction(3));
  CHECK(effect_on(effects[1], additive) == Fraction(5));
  CHECK(effect_on(effects[2], additive) == Fraction(7));
  const auto mixed = values_of(design, [](const auto& point) {
    return static_cast<std::int64_t>(100 + 3 * point[0] + 10 * point[1] * point[2]);
  });
  CHECK_FALSE(effect_on(effects[0], mixed) == Fraction(3));
}

TEST_CASE("half a fraction of four factors keeps main effects clear and lists each pair of pairs once",
          "[verdict]") {
  const auto design = half(4);
  CHECK(design.points.size() == 8);
  std::vector<std::string> names;
  for (const auto& effect : effects_of(design))
    names.push_back(name_of(effect, design) + " = " + alias_of(effect, design));
  CHECK(names == std::vector<std::string>{"A 1 = B × C × D", "B 1 = A × C × D", "C 1 = A × B × D",
                                          "D 1 = A × B × C", "A 1 × B 1 = C × D", "A 1 × C 1 = B × D",
                                          "A 1 × D 1 = B × C"});
  // Interactions of two factors are no part of any main effect here.
  const auto mixed = values_of(design, [](const auto& point) {
    return static_cast<std::int64_t>(9 * point[0] + 4 * point[1] * point[2]);
  });
  CHECK(size_of_effect(design, mixed, "A 1") == Fraction(9));
  CHECK(size_of_effect(design, mixed, "D 1") == Fraction(0));
}
