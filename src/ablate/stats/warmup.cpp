#include "ablate/stats/stats.hpp"

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

constexpr std::size_t fewest = 30;    ///< samples; a trend over fewer hides in the noise
constexpr std::size_t longest = 200;  ///< samples looked at, so that long streams stay cheap
/// Standard errors. Few, since the answer is asked for again and again and the first yes counts: a stationary
/// stream gets its yes a few samples later, a trend hardly ever does.
constexpr double calm = 0.8;

/// Kendall's count of pairs in order less pairs out of order, in its standard errors without a trend (Mann
/// 1945). Ranks alone, so that a burst counts no more than any other sample.
double trend(Samples samples) {
  double in_order = 0;
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      in_order += static_cast<double>(samples[i] > samples[j]) - static_cast<double>(samples[i] < samples[j]);
  const double n = static_cast<double>(samples.size());
  return in_order / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

}  // namespace

bool is_stationary(Samples samples) {
  if (samples.size() < fewest) return false;
  const auto newest = std::clamp(samples.size() / 2, fewest, longest);
  return std::abs(trend(samples.last(newest))) <= calm;
}

}  // namespace ablate
