#include "ablate/stats/batches.hpp"

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

/// Deviations from the stretch's median, those beyond one and a half standard deviations (as the median
/// deviation has them) drawn in to that: one sample during an interrupt must not decide what the correlation
/// is, and a second mode must not hide how the first one wanders.
std::vector<double> scores(Samples samples, const std::vector<Range>& stretches) {
  std::vector<double> deviations, sizes;
  for (const auto& stretch : stretches) {
    const auto part = samples.subspan(stretch.begin, stretch.size());
    const double centre = median({part.begin(), part.end()});
    for (const double sample : part) deviations.push_back(sample - centre);
  }
  for (const double deviation : deviations) sizes.push_back(std::abs(deviation));
  const double limit = 1.5 * 1.4826 * median(sizes);
  if (limit == 0)
    for (double& deviation : deviations) deviation = deviation == 0 ? 0 : std::copysign(1.0, deviation);
  else
    for (double& deviation : deviations) deviation = std::clamp(deviation, -limit, limit);
  for (const auto& stretch : stretches) {
    const double shift = mean(Samples(deviations).subspan(stretch.begin, stretch.size()));
    for (auto i = stretch.begin; i < stretch.end; ++i) deviations[i] -= shift;
  }
  return deviations;
}

double lagged_sum(const std::vector<double>& values, const std::vector<Range>& stretches, std::size_t lag) {
  double sum = 0;
  for (const auto& stretch : stretches)
    for (auto i = stretch.begin; i + lag < stretch.end; ++i) sum += values[i] * values[i + lag];
  return sum;
}

/// What the correlation of neighbours is when a stretch of `length` samples shows `seen` on average: taking
/// out the mean makes it smaller by (1 + 4 phi) / length (Marriott & Pope 1954, Kendall 1954).
double unbiased(double seen, double length) {
  if (length < 8) return std::clamp(2 * seen, 0.0, 0.95);
  return std::clamp((length * seen + 1) / (length - 4), 0.0, 0.99);
}

/// On the safe side of that: a standard error above where there is no correlation, two where it is high,
/// since an interval is believed at the first look at which it is narrow, so too low a correlation gets
/// picked.
double cautious(double correlation, double samples) {
  const double error = std::sqrt((1 - correlation * correlation) / samples);
  return std::min(0.99, correlation + (1 + correlation) * error);
}

constexpr std::size_t condensed = 1000;  ///< values that a long stream is brought down to

/// Of means of some samples each: batches of a long stream hold many of these, so nothing finer is asked for.
Correlation condensed_memory(Samples samples, const std::vector<Range>& stretches) {
  std::vector<Range> pieces, parts;
  for (const auto& stretch : stretches) {
    const auto own = split(stretch, std::max<std::size_t>(1, stretch.size() * condensed / samples.size()));
    parts.push_back({pieces.size(), pieces.size() + own.size()});
    pieces.insert(pieces.end(), own.begin(), own.end());
  }
  auto found = memory(trimmed_means(samples, pieces), parts);
  found.step = static_cast<double>(samples.size()) / static_cast<double>(pieces.size());
  found.time *= found.step;
  return found;
}

}  // namespace

Correlation memory(Samples samples, const std::vector<Range>& stretches) {
  if (samples.size() > 2 * condensed) return condensed_memory(samples, stretches);
  const auto values = scores(samples, stretches);
  const double square = lagged_sum(values, stretches, 0);
  if (square == 0 || samples.size() < 4) return {};
  const double length = static_cast<double>(samples.size()) / static_cast<double>(stretches.size());
  Correlation found;
  found.correlation = cautious(unbiased(lagged_sum(values, stretches, 1) / square, length),
                               static_cast<double>(samples.size()));
  // Sokal's window: sum until five times the time that the sum has come to.
  double time = 1;
  for (std::size_t lag = 1; static_cast<double>(lag) < std::min(5 * time, length / 3); ++lag)
    time += 2 * lagged_sum(values, stretches, lag) / square;
  const double phi = found.correlation;
  found.time = std::max({1.0, time, (1 + phi) / (1 - phi)});
  return found;
}

}  // namespace ablate
