#pragma once

#include "ablate/stats/stats.hpp"

namespace ablate {

/// Inside the stats room: how samples that follow each other become few values that hardly depend on each
/// other.

/// From index `begin` to before `end`.
struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

/// The stretches that `ends` mark among `samples` samples; empty ones are left out.
std::vector<Range> stretches(std::size_t samples, Ends ends);

/// `range` in `parts` pieces whose sizes differ by one at most; `parts` is within 1 and its size.
std::vector<Range> split(Range range, std::size_t parts);

/// The mean of what is left when a fifth is cut off at either end, fractions counted. Not empty.
double trimmed_mean(Samples samples);

std::vector<double> trimmed_means(Samples samples, const std::vector<Range>& pieces);

/// The middle one, or the mean of the two. Not empty.
double median(std::vector<double> samples);

double mean(Samples samples);
/// Of the samples about their mean, divided by their number less one; 0 for fewer than two.
double variance(Samples samples);

/// How samples of one stream depend on those before them.
struct Correlation {
  double time = 1;         ///< integrated autocorrelation time in samples: n of them say what n / time would
  double step = 1;         ///< samples
  double correlation = 0;  ///< of samples (or means of some) that lie a step apart
};

/// Of a stream in stretches. Outliers are drawn in, and the estimate's bias in short streams is taken out.
Correlation memory(Samples samples, const std::vector<Range>& stretches);

/// Pieces of the stretches, each about `memory.time` samples long or longer so that there are about `most` in
/// all. Every stretch is one piece at least, so there are more than `most` where there are more stretches.
std::vector<Range> independent_pieces(const std::vector<Range>& stretches, const Correlation& memory,
                                      std::size_t most);

/// What the standard error from pieces of `size` samples must be multiplied with, since pieces depend on
/// their neighbours a little even so.
double widening(const Correlation& memory, double size);

/// A stream cut up: what `centre` and `level` have in common.
struct Batches {
  std::vector<Range> parts;   ///< the stretches
  std::vector<Range> pieces;  ///< of these
  double widening = 1;        ///< of intervals that take the pieces as independent
  bool enough = false;        ///< pieces for an interval; if not, they are as short as can be
};
Batches batches(Samples samples, Ends ends);

/// Standard error of the mean of `values`, one a stretch or so, with its degrees of freedom.
struct Error {
  double size = 0, freedom = 0;
};
/// From how the stretches differ; freedom 0 where they differ no more than the pieces within them explain.
/// `values` are the pieces'.
Error between_stretches(const Batches& batches, const std::vector<double>& values);

}  // namespace ablate
