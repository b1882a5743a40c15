#include "ablate/stats/batches.hpp"
#include "ablate/stats/quantiles.hpp"
#include "ablate/stats/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {

Pooled pool(std::span<const Estimate> estimates, double confidence) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (estimates.empty()) return {{0, -infinity, infinity}, 0};
  if (estimates.size() == 1) return {estimates.front(), 0};
  const double tail = (1 - confidence) / 2;
  std::vector<double> values, within;
  for (const auto& estimate : estimates) {
    values.push_back(estimate.value);
    const double error = (estimate.high - estimate.low) / 2 / -normal_quantile(tail);
    if (std::isfinite(error)) within.push_back(error * error);
  }
  const double count = static_cast<double>(values.size());
  const double total = variance(values);
  const double own = within.empty() ? 0 : mean(within);
  // That of the values holds both parts; by chance it may come out below the part within.
  const double half = -student_quantile(tail, count - 1) * std::sqrt(std::max(total, own) / count);
  const double value = mean(values);
  return {{value, value - half, value + half}, std::sqrt(std::max(0.0, total - own))};
}

}  // namespace ablate
