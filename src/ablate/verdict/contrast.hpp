#pragma once

#include "ablate/record/store.hpp"
#include "ablate/stats/stats.hpp"

#include <optional>
#include <string>
#include <vector>

/// The room that says what records support: how two cells stand to each other, what a run's noise hides,
/// which claims hold. It reads records and knows neither torch nor tables.

namespace ablate {

/// How cell `a` stands to cell `b` on a metric, as the ratio a / b. One of 0 to one above 0 is 0, the other
/// way round infinite; two zeros are equal.
class Contrast {
 public:
  bool exact() const { return exact_; }    ///< counts: there is no noise
  bool paired() const { return paired_; }  ///< sampled in the same rounds
  /// Ratio with its interval; all three equal where it is exact.
  Estimate ratio(double confidence) const;
  /// One-sided p-values of "the ratio is above (below) `bound`"; 0 or 1 where it is exact.
  double p_above(double bound) const;
  double p_below(double bound) const;
  /// |log ratio| up to which the run's own noise could be all there is; 0 where it is exact.
  double floor() const { return floor_; }

 private:
  friend class Contrasts;
  bool exact_ = false, paired_ = false;
  double floor_ = 0;
  /// Differences whose centre is meant, with the ends of their independent stretches.
  struct Stream {
    std::vector<double> values;
    std::vector<std::size_t> ends;
  };

  double apart(double bound, double sign) const;

  double value_ = 0;  ///< log ratio where it is exact
  Stream first_;      ///< log ratios where paired, otherwise logarithms of a's samples
  Stream second_;     ///< logarithms of b's where unpaired
};

/// The ratio interval of a run's baselines against their second instances, by device and clock: the noise
/// floor. Groups with too few rounds for an interval are not among them.
struct Floor {
  std::string device;
  Clock clock = Clock::host;
  Estimate ratio;          ///< twin / baseline, of the group whose interval reaches farthest from 1
  double limit = 0;        ///< |log ratio| at the far end of that interval
  std::size_t groups = 0;  ///< that it rests on
  std::map<std::string, double> by_group = {};  ///< each group's own limit

  /// The median of the groups' limits.
  double typical() const;
};
std::vector<Floor> noise_floors(const Records& records);

/// The floor of what is read of this record: that of its own group, and at least the typical one, since a
/// group may be lucky. One noisy group does not make a quiet one's differences doubtful. Without a twin in
/// its group the widest of all; on a clock without a floor the device's widest; 0 without any.
double floor_of(const std::vector<Floor>& floors, const Record& record, Clock clock);

/// Confidence of each group's interval in a noise floor.
inline constexpr double floor_confidence = 0.95;

/// Contrasts of one run, with its noise floors.
class Contrasts {
 public:
  explicit Contrasts(const Records& records);
  /// Nothing where one of them lacks the metric. Latencies are paired where both were sampled in the same
  /// rounds; elsewhere their centres are compared, whose intervals add as squares. What is no latency of one
  /// clock is exact.
  std::optional<Contrast> between(const Record& a, const Record& b, const std::string& metric) const;
  const std::vector<Floor>& floors() const { return floors_; }

 private:
  std::vector<Floor> floors_;
};

/// The ends of all independent stretches of a paired cell: layouts and processes.
std::vector<std::size_t> stretches(const Pairing& pairing);

/// Whether sample i of both comes from the same round on that clock.
bool share_rounds(const Record& a, const Record& b, Clock clock);

}  // namespace ablate
