#include "ablate/stats/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {

double Estimate::precision() const {
  if (low == high) return 0;
  const double half = (high - low) / 2;
  return value == 0 || !std::isfinite(half) ? std::numeric_limits<double>::infinity()
                                            : half / std::abs(value);
}

std::vector<double> log_ratios(Samples a, Samples b) {
  std::vector<double> ratios(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = std::log(a[i] / b[i]);
  return ratios;
}

Estimate exponential(const Estimate& logarithm) {
  return {std::exp(logarithm.value), std::exp(logarithm.low), std::exp(logarithm.high)};
}

bool precise_enough(const Estimate& estimate, double precision) { return estimate.precision() <= precision; }

std::size_t next_check(std::size_t rounds) { return rounds < 30 ? 30 : rounds + rounds / 2; }

}  // namespace ablate
