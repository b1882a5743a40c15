#include "ablate/stats/batches.hpp"
#include "ablate/stats/quantiles.hpp"
#include "ablate/stats/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

/// How far the part of samples above the true median may be from a half.
double half_width(const Batches& cut, const std::vector<double>& sides, double confidence) {
  const double tail = (1 - confidence) / 2;
  std::vector<double> values;
  for (const auto& piece : cut.pieces)
    values.push_back(mean(Samples(sides).subspan(piece.begin, piece.size())));
  const auto between = between_stretches(cut, values);
  if (between.freedom > 0) return -student_quantile(tail, between.freedom) * between.size;
  if (!cut.enough) return 1;
  const double count = static_cast<double>(values.size());
  return -student_quantile(tail, count - 1) * cut.widening * std::sqrt(variance(values) / count);
}

}  // namespace

Estimate level(Samples samples, Ends ends, double confidence) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (samples.empty()) return {0, -infinity, infinity};
  std::vector<double> sorted(samples.begin(), samples.end());
  const double middle = median(sorted);
  std::vector<double> sides;  // 1 above the median, 0 below it, a half where they are equal
  for (const double sample : samples) sides.push_back(sample > middle ? 1 : sample < middle ? 0 : 0.5);
  const double half = half_width(batches(samples, ends), sides, confidence);
  if (half >= 0.5) return {middle, -infinity, infinity};
  const double n = static_cast<double>(sorted.size());
  const auto rank = static_cast<std::ptrdiff_t>(n * (0.5 - half));
  const auto low = sorted.begin() + rank, high = sorted.end() - 1 - rank;
  std::nth_element(sorted.begin(), low, sorted.end());
  const double bottom = *low;
  std::nth_element(sorted.begin(), high, sorted.end());
  return {middle, bottom, *high};
}

}  // namespace ablate
