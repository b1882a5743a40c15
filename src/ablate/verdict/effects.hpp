#pragma once

#include "ablate/verdict/contrast.hpp"
#include "ablate/verdict/design.hpp"

namespace ablate {

/// Confidence of an effect's interval, and of all effects of one analysis together.
inline constexpr double effect_confidence = 0.95;

/// How large an effect is on a metric, in the metric's own unit.
struct EffectSize {
  Estimate estimate;          ///< all three equal for what is counted
  double p = 0;               ///< of "there is no such effect", as it counts among all of the analysis (Holm)
  double floor = 0;           ///< up to this size the run's own noise could be all there is
  bool within_noise = false;  ///< its interval has 0, its p is too large, or it is below the floor
};

/// One metric of a factorial.
struct MetricEffects {
  std::string metric;
  bool exact = false, paired = false;
  double reference = 0;               ///< the cell with every factor at its reference
  std::vector<EffectSize> sizes;      ///< one for each effect of the analysis
  std::optional<double> unexplained;  ///< of a full factorial of counts: the most by which a cell differs
                                      ///< from what these effects rebuild
};

/// A factorial of one variant at one point of its section's other axes.
struct FactorialAnalysis {
  Place place;  ///< labels on everything but the factors
  Design design;
  std::vector<std::string> cells;  ///< ids, one for each point
  std::vector<Effect> effects;
  std::vector<MetricEffects> metrics;
  std::vector<std::string> missing;  ///< metrics of the section that some cell lacks
};

/// The analyses of a factorial section, in the order of the plan. Metrics that two cells are not compared by
/// are left out, and of several latencies on one clock all but the first: an effect on a latency is one on
/// its typical call, whichever statistic of it the section shows.
std::vector<FactorialAnalysis> factorial_analyses(const Study& study, const Plan& plan,
                                                  const PlannedSection& planned, const Records& records);

/// The effects on one metric of records, one for each point of `design`; nothing where one lacks it. Where
/// all were sampled in the same rounds each round gives every effect once, as a share of the round's mean,
/// and the estimate is the centre of these times the median of the means; elsewhere levels are combined, each
/// with the error that its own interval tells. p is not yet corrected.
std::optional<MetricEffects> metric_effects(const Design& design, const std::vector<Effect>& effects,
                                            const std::vector<const Record*>& records,
                                            const std::string& metric, const std::vector<Floor>& floors);

/// Corrects p over everything that was timed, and says what is within noise.
void judge_together(std::vector<MetricEffects>& metrics);

}  // namespace ablate
