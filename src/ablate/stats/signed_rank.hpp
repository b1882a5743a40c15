#pragma once

#include <cstddef>

namespace ablate {

/// Inside the stats room: the exact distribution of Wilcoxon's signed-rank statistic of `values` values that
/// lie symmetrically about 0, without ties: the sum of those ranks 1..values that got a plus.

/// Up to so many values.
inline constexpr std::size_t max_ranked = 40;

/// P(W >= sum), which is P(W <= values * (values + 1) / 2 - sum) too.
double signed_rank_tail(std::size_t values, std::size_t sum);

/// The largest k with P(W < k) <= tail: the interval from the k-th smallest to the k-th largest Walsh average
/// misses the centre on each side with at most that probability. 0: there is none.
std::size_t signed_rank_critical(std::size_t values, double tail);

}  // namespace ablate
