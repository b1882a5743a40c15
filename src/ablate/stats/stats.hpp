#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// The room that says what samples tell and what they leave open: robust estimates with intervals that hold
/// under drift, bursts, several modes, heavy tails and autocorrelation. Knows numbers only. The choices and
/// their sources are in docs/statistics.md; tests/stats measures how often each interval covers the truth.

namespace ablate {

struct Estimate {
  double value = 0, low = 0, high = 0;

  /// Half the width of the interval as a fraction of the value's size; infinite where the value is 0.
  double precision() const;
};

using Samples = std::span<const double>;
/// Indices behind the last sample of each stretch that is independent of the others (a layout, a process);
/// the last one is the number of samples. Empty: one stretch. No batch crosses an end.
using Ends = std::span<const std::size_t>;

/// log(a[i] / b[i]). Both have the same length and are above 0.
std::vector<double> log_ratios(Samples a, Samples b);

/// Where paired differences (log-ratios, as a rule) are centred: the Hodges-Lehmann estimate of batches, with
/// an interval that autocorrelation does not make too narrow. Infinite ends where there are too few samples
/// to say anything.
Estimate centre(Samples differences, Ends ends, double confidence);

/// How likely a centre at least so far above `bound` would be if the true centre were at or below it: small
/// values speak for "above". One-sided; `tail_below` speaks for "below".
double tail_above(Samples differences, Ends ends, double bound);
double tail_below(Samples differences, Ends ends, double bound);

/// The median of one stream, its interval from ranks, widened for autocorrelation.
Estimate level(Samples samples, Ends ends, double confidence);

/// exp of all three: from log-ratios to a ratio.
Estimate exponential(const Estimate& logarithm);

/// Several processes' estimates of one number: their mean, an interval that counts how they differ from each
/// other, and that part by itself (a standard deviation).
struct Pooled {
  Estimate estimate;
  double between = 0;
};
Pooled pool(std::span<const Estimate> estimates, double confidence);

/// p-values as they count among all the others, in their order (Holm 1979): rejecting those at most α keeps
/// the chance of any false rejection at most α, whatever their dependence.
std::vector<double> holm(std::span<const double> p);

/// Whether a stream has reached its level: neither of the two halves of its newest part lies beyond what the
/// noise explains, so warming up can end.
bool is_stationary(Samples samples);

}  // namespace ablate
