#include "ablate/verdict/design.hpp"

#include "ablate/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ablate {
namespace {

using Indices = std::vector<std::size_t>;

/// One step of an odometer, the last index running fastest; false behind the last point.
bool advance(Indices& index, const std::vector<Factor>& factors) {
  for (auto at = factors.size(); at-- > 0;) {
    if (++index[at] < factors[at].levels.size()) return true;
    index[at] = 0;
  }
  return false;
}

/// All choices of `count` of `all` things, in order.
std::vector<Indices> subsets(std::size_t all, std::size_t count) {
  std::vector<Indices> chosen;
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  while (true) {
    chosen.push_back(indices);
    auto at = count;
    while (at > 0 && indices[at - 1] == all - count + at - 1) --at;
    if (at == 0) return chosen;
    ++indices[at - 1];
    for (; at < count; ++at) indices[at] = indices[at - 1] + 1;
  }
}

Indices all_but(std::size_t all, const Indices& some) {
  Indices rest;
  for (std::size_t i = 0; i < all; ++i)
    if (std::ranges::find(some, i) == some.end()) rest.push_back(i);
  return rest;
}

/// Whether half a fraction lists `other` in place of `factors`.
bool comes_before(const Indices& other, const Indices& factors) {
  return other.size() != factors.size() ? other.size() < factors.size() : other < factors;
}

/// Minus once for each term whose factor is at its reference, nothing where one is at another level.
int sign_at(const Indices& point, const std::vector<Term>& terms) {
  int sign = 1;
  for (const auto& term : terms) {
    if (point[term.factor] == 0)
      sign = -sign;
    else if (point[term.factor] != term.level)
      return 0;
  }
  return sign;
}

bool is_at(const Indices& point, const std::vector<Term>& terms) {
  return std::ranges::all_of(terms, [&](const Term& term) { return point[term.factor] == term.level; });
}

/// The effects of these factors, one for each combination of their levels.
void add_effects(std::vector<Effect>& effects, const Design& design, const Indices& chosen,
                 const Indices& alias) {
  std::vector<Term> terms;
  for (const auto factor : chosen) terms.push_back({factor, 1});
  while (true) {
    Effect effect{terms, alias, {}, 0};
    for (const auto& point : design.points) {
      effect.signs.push_back(sign_at(point, terms));
      effect.over += is_at(point, terms) ? 1 : 0;
    }
    effects.push_back(std::move(effect));
    auto at = terms.size();
    while (at > 0 && terms[at - 1].level + 1 == design.factors[terms[at - 1].factor].levels.size())
      terms[--at].level = 1;
    if (at == 0) return;
    ++terms[at - 1].level;
  }
}

/// How much of an effect there is at a point.
Fraction share_at(const Indices& point, const Effect& effect, const Design& design) {
  Fraction share = 1;
  for (const auto& term : effect.terms) {
    const auto levels = static_cast<std::int64_t>(design.factors[term.factor].levels.size());
    share = share * Fraction(point[term.factor] == term.level ? levels - 1 : -1, levels);
  }
  return share;
}

}  // namespace

Design design_of(std::vector<Factor> factors, bool half) {
  Design design{std::move(factors), {}, half};
  Indices index(design.factors.size());
  do {
    const auto off = std::ranges::count_if(index, [](std::size_t level) { return level != 0; });
    if (!half || off % 2 == 0) design.points.push_back(index);
  } while (advance(index, design.factors));
  return design;
}

std::vector<Effect> effects_of(const Design& design, std::size_t order) {
  std::vector<Effect> effects;
  const auto all = design.factors.size();
  for (std::size_t count = 1; count <= std::min(order, all); ++count)
    for (const auto& chosen : subsets(all, count)) {
      const auto alias = design.half ? all_but(all, chosen) : Indices{};
      if (design.half && (alias.empty() || comes_before(alias, chosen))) continue;
      add_effects(effects, design, chosen, alias);
    }
  return effects;
}

Fraction effect_on(const Effect& effect, std::span<const std::int64_t> values) {
  Fraction sum;
  for (std::size_t i = 0; i < values.size(); ++i) sum = sum + Fraction(effect.signs[i]) * Fraction(values[i]);
  return sum * Fraction(1, effect.over);
}

double effect_on(const Effect& effect, std::span<const double> values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += effect.signs[i] * values[i];
  return sum / static_cast<double>(effect.over);
}

std::vector<Fraction> rebuild(const Design& design, const std::vector<Effect>& effects,
                              std::span<const std::int64_t> values) {
  Fraction grand;
  for (const auto value : values) grand = grand + Fraction(value);
  grand = grand * Fraction(1, static_cast<std::int64_t>(values.size()));
  std::vector<Fraction> cells;
  for (const auto& point : design.points) {
    auto cell = grand;
    for (const auto& effect : effects)
      cell = cell + effect_on(effect, values) * share_at(point, effect, design);
    cells.push_back(cell);
  }
  return cells;
}

std::string name_of(const Effect& effect, const Design& design) {
  std::vector<std::string> words;
  for (const auto& term : effect.terms) {
    const auto& factor = design.factors[term.factor];
    words.push_back(factor.name + " " + factor.levels[term.level]);
  }
  return join(words, " × ");
}

std::string alias_of(const Effect& effect, const Design& design) {
  std::vector<std::string> words;
  for (const auto factor : effect.alias) words.push_back(design.factors[factor].name);
  return join(words, " × ");
}

}  // namespace ablate
