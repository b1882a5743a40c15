#pragma once

#include "ablate/verdict/contrast.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// On which side of another cell one stands; `open` where noise could be all there is between them.
enum class Standing { below, open, above };

/// Of `a` to `b`, decided as a claim's contrasts are, each by itself. Nothing where a metric is missing.
std::optional<Standing> standing(const Contrasts& contrasts, const Record& a, const Record& b,
                                 const std::string& metric, double confidence = 0.95);

/// Two variants at one label of an axis.
struct Sighting {
  std::string label;
  std::optional<double> at;  ///< the label as a number
  Standing first = Standing::open;
  Estimate ratio;  ///< first / second
};

/// Where two variants change order: between neighbouring labels at which their order is decided. The ratio's
/// logarithm is taken as a line over the logarithm of the axis.
struct Crossing {
  std::string from, to;
  bool first_below = false;       ///< from there on
  std::optional<Estimate> at;     ///< none where the axis has no positive numbers
  std::vector<std::string> open;  ///< labels between the two
};

/// `sightings` in the order of the axis.
std::vector<Crossing> crossings(const std::vector<Sighting>& sightings);

/// Channels in, pixels a side, an option's number; of a pair the geometric mean.
std::optional<double> number_of(const AxisValue& value);

}  // namespace ablate
