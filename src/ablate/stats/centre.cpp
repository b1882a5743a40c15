#include "ablate/stats/batches.hpp"
#include "ablate/stats/quantiles.hpp"
#include "ablate/stats/signed_rank.hpp"
#include "ablate/stats/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// All that intervals and p-values of a centre need.
struct Spread {
  double centre = 0;
  std::vector<double> walsh;  ///< means of all pairs of batch values, each with itself too
  std::size_t values = 0;
  double widening = 1;
  Error between;  ///< decides where it has degrees of freedom
  bool enough = false;
};

std::vector<double> walsh_averages(const std::vector<double>& values) {
  std::vector<double> averages;
  averages.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) averages.push_back((values[i] + values[j]) / 2);
  return averages;
}

double nth(std::vector<double>& values, std::size_t n) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(n);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

Spread spread_of(Samples samples, Ends ends) {
  const auto cut = batches(samples, ends);
  const auto values = trimmed_means(samples, cut.pieces);
  Spread spread;
  spread.walsh = walsh_averages(values);
  spread.centre = median(spread.walsh);
  spread.values = values.size();
  spread.widening = cut.widening;
  spread.between = between_stretches(cut, values);
  spread.enough = cut.enough;
  return spread;
}

/// One-sided p-value of "the centre lies beyond `bound`"; sign 1: above it, -1: below it.
double tail_beyond(Samples differences, Ends ends, double bound, double sign) {
  if (differences.empty()) return 1;
  const auto spread = spread_of(differences, ends);
  if (spread.between.freedom > 0)
    return student_cdf(sign * (bound - spread.centre) / spread.between.size, spread.between.freedom);
  if (!spread.enough) return 1;
  // The interval is wider than the ranks have it; so the bound moves towards the centre, by the same factor.
  const double near = spread.centre + (bound - spread.centre) / spread.widening;
  const auto beyond = std::count_if(spread.walsh.begin(), spread.walsh.end(),
                                    [&](double average) { return sign * (average - near) > 0; });
  return signed_rank_tail(spread.values, static_cast<std::size_t>(beyond));
}

}  // namespace

Estimate centre(Samples differences, Ends ends, double confidence) {
  if (differences.empty()) return {0, -infinity, infinity};
  auto spread = spread_of(differences, ends);
  const double tail = (1 - confidence) / 2;
  if (spread.between.freedom > 0) {
    const double half = -student_quantile(tail, spread.between.freedom) * spread.between.size;
    return {spread.centre, spread.centre - half, spread.centre + half};
  }
  const auto rank = signed_rank_critical(spread.values, tail);
  if (rank == 0 || !spread.enough) return {spread.centre, -infinity, infinity};
  const double low = nth(spread.walsh, rank - 1), high = nth(spread.walsh, spread.walsh.size() - rank);
  return {spread.centre, spread.centre - (spread.centre - low) * spread.widening,
          spread.centre + (high - spread.centre) * spread.widening};
}

double tail_above(Samples differences, Ends ends, double bound) {
  return tail_beyond(differences, ends, bound, 1);
}

double tail_below(Samples differences, Ends ends, double bound) {
  return tail_beyond(differences, ends, bound, -1);
}

}  // namespace ablate
