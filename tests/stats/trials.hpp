#pragma once

#include "ablate/stats/stats.hpp"
#include "stats/streams.hpp"

/// How often intervals do what they say, over seeded trials.
namespace trials {

inline constexpr int number = 2000;

/// Of one stream at one size.
struct Figure {
  double coverage = 0;  ///< the part of the trials whose 95 % interval holds the truth
  double half = 0;      ///< median half width of the interval; of log-ratios, or of a median as part of it
  double open = 0;      ///< the part of the trials whose interval has no end, and so cannot miss
  double rounds = 0;    ///< mean number of rounds, where sampling stops by itself
};

/// True ratios 1, 1.01 and 1.3 in turn.
Figure of_centre(const streams::PairedStream& stream, std::size_t rounds, double noise);
/// Sampling stops at the first look at which the ratio's interval is within one per cent, or at 2000 rounds.
Figure of_stopping(const streams::PairedStream& stream, double noise);
Figure of_level(const streams::SingleStream& stream, std::size_t samples);

/// Samples come in `count` stretches of `length` rounds, each with an offset of its own.
struct Stretches {
  std::size_t count = 8, length = 50;
  double offset = 0.005, noise = 0.02;  ///< standard deviations of the log-ratio's offset, of either's noise
};
Figure of_stretches(const Stretches& stretches);

/// The part of the trials whose interval lies above 1 where the true ratio is `ratio`.
double power(double ratio, double noise, std::size_t rounds);

}  // namespace trials
