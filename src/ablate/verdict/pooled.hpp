#pragma once

#include "ablate/verdict/contrast.hpp"

namespace ablate {

/// Inside the verdict room: the median of several points' ratios. Each point's p-value is taken as the chance
/// that its true ratio lies on the other side of the bound; the median does where half of the points do. Of
/// an even number of points both middle ones must agree. One contrast gives what it gives by itself.

/// `missing` points count against every statement. There must be at least one contrast.
double pooled_above(const std::vector<Contrast>& contrasts, std::size_t missing, double bound);
double pooled_below(const std::vector<Contrast>& contrasts, std::size_t missing, double bound);

/// Of the points that there are: the median of the estimates, with the bounds that these p-values leave open.
Estimate pooled_ratio(const std::vector<Contrast>& contrasts, double confidence);

}  // namespace ablate
