#include "ablate/stats/signed_rank.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace ablate {
namespace {

using Distribution = std::vector<double>;  ///< P(W <= sum) by sum

/// Each rank is in the sum or is not: the distribution of n ranks is that of n - 1, half of it moved by n.
std::array<Distribution, max_ranked + 1> all_distributions() {
  std::array<Distribution, max_ranked + 1> all;
  Distribution probability{1};
  for (std::size_t n = 0; n <= max_ranked; ++n) {
    if (n > 0) {
      Distribution next(probability.size() + n, 0);
      for (std::size_t sum = 0; sum < probability.size(); ++sum) {
        next[sum] += probability[sum] / 2;
        next[sum + n] += probability[sum] / 2;
      }
      probability = next;
    }
    double below = 0;
    for (const double p : probability) all[n].push_back(below += p);
  }
  return all;
}

const Distribution& distribution(std::size_t values) {
  static const auto all = all_distributions();
  if (values > max_ranked) throw std::logic_error("signed ranks of too many values");
  return all[values];
}

}  // namespace

double signed_rank_tail(std::size_t values, std::size_t sum) {
  const auto& at_most = distribution(values);
  if (sum == 0) return 1;
  if (sum >= at_most.size()) return 0;
  return at_most[at_most.size() - 1 - sum];
}

std::size_t signed_rank_critical(std::size_t values, double tail) {
  const auto& at_most = distribution(values);
  // Sums of halves are exact, so no tolerance is needed where a probability equals the tail.
  return static_cast<std::size_t>(std::upper_bound(at_most.begin(), at_most.end(), tail) - at_most.begin());
}

}  // namespace ablate
