#include "ablate/measure/result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace ablate {
namespace {

/// `sorted` has at least one element, `share` is within [0, 1].
double percentile(const std::vector<double>& sorted, double share) {
  const auto rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], rank - static_cast<double>(below));
}

double mean_of(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

/// Two passes: the one-pass formula loses all digits where the spread is small beside the mean.
double population_std(const std::vector<double>& samples, double mean) {
  double squares = 0;
  for (const auto sample : samples) squares += (sample - mean) * (sample - mean);
  return std::sqrt(squares / static_cast<double>(samples.size()));
}

}  // namespace

Latency summarise(std::vector<double> samples) {
  if (samples.empty()) throw std::invalid_argument("latency without samples");
  if (!std::ranges::all_of(samples, [](double sample) { return std::isfinite(sample); }))
    throw std::invalid_argument("a latency sample is no finite number");
  auto sorted = samples;
  std::ranges::sort(sorted);
  Latency latency;
  latency.mean = mean_of(samples);
  latency.std = population_std(samples, latency.mean);
  latency.median = percentile(sorted, 0.5);
  latency.min = sorted.front();
  latency.p05 = percentile(sorted, 0.05);
  latency.p95 = percentile(sorted, 0.95);
  latency.samples = std::move(samples);
  return latency;
}

}  // namespace ablate
