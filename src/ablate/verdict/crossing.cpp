#include "ablate/verdict/crossing.hpp"

#include "ablate/base/text.hpp"
#include "ablate/verdict/test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

struct Number {
  std::optional<double> operator()(const Channels& value) const { return mean(value.in, value.out); }
  std::optional<double> operator()(const Resolution& value) const { return mean(value.height, value.width); }
  std::optional<double> operator()(const OptionValue& value) const {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
  }
  std::optional<double> operator()(const auto& /*name*/) const { return std::nullopt; }

  static double mean(std::int64_t a, std::int64_t b) {
    return std::sqrt(static_cast<double>(a) * static_cast<double>(b));
  }
};

/// Where the line from (x1, y1) to (x2, y2) meets 0; the nearer end where it does not between them. Infinite
/// ends leave the whole stretch open.
double meets_zero(double x1, double y1, double x2, double y2, double otherwise) {
  if (!std::isfinite(y1) || !std::isfinite(y2)) return otherwise;
  if (y1 == y2 || (y1 > 0) == (y2 > 0)) return std::abs(y1) < std::abs(y2) ? x1 : x2;
  return x1 + (x2 - x1) * y1 / (y1 - y2);
}

std::optional<Estimate> place_between(const Sighting& before, const Sighting& after) {
  if (!before.at || !after.at || !(*before.at > 0) || !(*after.at > 0)) return std::nullopt;
  const auto x1 = std::log(*before.at), x2 = std::log(*after.at);
  const auto meet = [&](double y1, double y2, double otherwise) {
    return std::exp(meets_zero(x1, std::log(y1), x2, std::log(y2), otherwise));
  };
  const auto middle = meet(before.ratio.value, after.ratio.value, (x1 + x2) / 2);
  const auto one = meet(before.ratio.low, after.ratio.low, x1);
  const auto other = meet(before.ratio.high, after.ratio.high, x2);
  return Estimate{middle, std::min({one, other, middle}), std::max({one, other, middle})};
}

}  // namespace

std::optional<Standing> standing(const Contrasts& contrasts, const Record& a, const Record& b,
                                 const std::string& metric, double confidence) {
  auto contrast = contrasts.between(a, b, metric);
  if (!contrast) return std::nullopt;
  Leaf leaf;
  leaf.contrasts.push_back(std::move(*contrast));
  for (const auto* record : {&a, &b})
    if (leaf.disturbed.empty()) leaf.disturbed = join(record->disturbed);
  const auto tail = (1 - confidence) / 2;
  if (is_below(leaf, 0).yes.p <= tail) return Standing::below;
  return is_above(leaf, 0).yes.p <= tail ? Standing::above : Standing::open;
}

std::vector<Crossing> crossings(const std::vector<Sighting>& sightings) {
  std::vector<Crossing> found;
  const Sighting* last = nullptr;
  std::vector<std::string> open;
  for (const auto& sighting : sightings) {
    if (sighting.first == Standing::open) {
      open.push_back(sighting.label);
      continue;
    }
    if (last && last->first != sighting.first)
      found.push_back({last->label, sighting.label, sighting.first == Standing::below,
                       place_between(*last, sighting), open});
    last = &sighting;
    open.clear();
  }
  return found;
}

std::optional<double> number_of(const AxisValue& value) { return std::visit(Number{}, value); }

}  // namespace ablate
