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
/// the last one is the number of samples. Empty: one stretch. No batch crosses an end; where there are more
/// than 40 stretches, neighbouring ones count as one.
using Ends = std::span<const std::size_t>;

/// log(a[i] / b[i]). Both have the same length and are above 0.
std::vector<double> log_ratios(Samples a, Samples b);

/// Where paired differences (log-ratios, as a rule) are centred: the Hodges-Lehmann estimate of batches, with
/// an interval that autocorrelation does not make too narrow, and that counts how stretches differ where they
/// differ more than their batches explain. Infinite ends where there are too few samples to say anything:
/// fewer than 6, or fewer than 12 times (below 30 samples: 6 times) as many as the stream remembers.
Estimate centre(Samples differences, Ends ends, double confidence);

/// How likely a centre at least so far above `bound` would be if the true centre were at or below it: small
/// values speak for "above". One-sided; `tail_below` speaks for "below". At most (1 - c) / 2 exactly when
/// the interval of `centre` with confidence c lies above (below) the bound; 1 without samples.
double tail_above(Samples differences, Ends ends, double bound);
double tail_below(Samples differences, Ends ends, double bound);

/// The median of one stream, its interval from ranks, widened for autocorrelation. Ends are infinite as those
/// of `centre` are.
Estimate level(Samples samples, Ends ends, double confidence);

/// exp of all three: from log-ratios to a ratio.
Estimate exponential(const Estimate& logarithm);

/// Whether sampling may stop: the 95 % interval is within `precision` (0.01: one per cent) of the value on
/// either side. Intervals are wide enough to be looked at whenever `next_check` says so, and believed at the
/// first look that this says yes to; more looks than that make them miss more often.
bool precise_enough(const Estimate& estimate, double precision);

/// After how many rounds to look next, when `rounds` are done: 30, then half as many again each time.
std::size_t next_check(std::size_t rounds);

/// Several processes' estimates of one number: their mean, an interval that counts how they differ from each
/// other, and that part by itself (a standard deviation). The estimates' own intervals are taken to have the
/// same `confidence`. One estimate is given back as it is.
struct Pooled {
  Estimate estimate;
  double between = 0;
};
Pooled pool(std::span<const Estimate> estimates, double confidence);

/// p-values as they count among all the others, in their order (Holm 1979): rejecting those at most α keeps
/// the chance of any false rejection at most α, whatever their dependence.
std::vector<double> holm(std::span<const double> p);

/// Whether a stream has reached its level, so that warming up can end: the newest half of it, from 30 to 200
/// samples, shows no trend (Mann 1945). May be asked after each sample. A ramp that stays within the noise
/// over 30 samples is not seen; never true of fewer.
bool is_stationary(Samples samples);

}  // namespace ablate
