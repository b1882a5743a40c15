#include "ablate/verdict/pooled.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace ablate {
namespace {

/// The chance that at least half of independent events happen.
double chance_of_half(const std::vector<double>& chances) {
  std::vector<double> of_count{1};  // the chance of so many events among those seen
  for (const auto chance : chances) {
    of_count.push_back(0);
    for (auto i = of_count.size() - 1; i > 0; --i)
      of_count[i] = of_count[i] * (1 - chance) + of_count[i - 1] * chance;
    of_count[0] *= 1 - chance;
  }
  const auto half = static_cast<std::ptrdiff_t>((chances.size() + 1) / 2);
  return std::min(1.0, std::accumulate(of_count.begin() + half, of_count.end(), 0.0));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const auto upper = values.size() / 2;
  return values.size() % 2 == 1 ? values[upper] : (values[upper - 1] + values[upper]) / 2;
}

/// Where a function that falls from above `tail` to below it, between `low` and `high`, meets it.
double meeting(const std::function<double(double)>& falling, double low, double high, double tail) {
  constexpr int steps = 30;
  for (int i = 0; i < steps; ++i) {
    const auto middle = (low + high) / 2;
    (falling(middle) > tail ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double pooled_above(const std::vector<Contrast>& contrasts, std::size_t missing, double bound) {
  std::vector<double> chances(missing, 1);
  for (const auto& contrast : contrasts) chances.push_back(contrast.p_above(bound));
  return chance_of_half(chances);
}

double pooled_below(const std::vector<Contrast>& contrasts, std::size_t missing, double bound) {
  std::vector<double> chances(missing, 1);
  for (const auto& contrast : contrasts) chances.push_back(contrast.p_below(bound));
  return chance_of_half(chances);
}

Estimate pooled_ratio(const std::vector<Contrast>& contrasts, double confidence) {
  if (contrasts.size() == 1) return contrasts.front().ratio(confidence);
  std::vector<double> logs;
  double low = 0, high = 0;
  for (const auto& contrast : contrasts) {
    const auto ratio = contrast.ratio(confidence);
    logs.push_back(std::log(ratio.value));
    low = std::min(low, std::log(ratio.low));
    high = std::max(high, std::log(ratio.high));
  }
  const auto middle = median(logs);
  if (!std::isfinite(low) || !std::isfinite(high)) return exponential({middle, low, high});
  const auto tail = (1 - confidence) / 2;
  const auto not_below = [&](double at) { return pooled_below(contrasts, 0, std::exp(at)); };
  const auto not_above = [&](double at) { return pooled_above(contrasts, 0, std::exp(-at)); };
  return exponential({middle, std::min(middle, -meeting(not_above, -high, -low, tail)),
                      std::max(middle, meeting(not_below, low, high, tail))});
}

}  // namespace ablate
