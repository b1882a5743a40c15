#pragma once

#include "ablate/verdict/claims.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// A variant beside the sum of its parts, at one point of a section and on one metric. Of latencies: with
/// parts sampled in the whole's rounds the difference is taken within each round; elsewhere from the medians,
/// with their errors.
struct Residual {
  Sum sum;
  std::string metric;
  Place place;  ///< of the whole, without its variant
  bool paired = false;
  std::optional<Estimate> whole, parts;  ///< in the metric's unit; none where something is missing
  std::optional<Estimate> residual;      ///< whole less parts: what nobody accounts for
  std::optional<Estimate> share;         ///< of the whole
  std::vector<Grounds> grounds;          ///< the whole's cell first
  std::string missing;                   ///< why there are no numbers
};

/// One for each sum of the section, each count and clock that it shows, and each point of the whole.
std::vector<Residual> residuals(const Study& study, const Plan& plan, const PlannedSection& section,
                                const Records& records, double confidence = 0.95);

}  // namespace ablate
