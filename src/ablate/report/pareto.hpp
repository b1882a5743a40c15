#pragma once

#include "ablate/verdict/section_view.hpp"

#include <string>
#include <vector>

namespace ablate {

/// A variant at one point, and those that beat it; none: it is on the front.
struct Standee {
  std::string variant;
  const Record* record = nullptr;
  std::vector<std::string> beaten_by;
};

struct FrontAt {
  Place place;  ///< without variant and group
  std::vector<Standee> standees;
};

/// Whether `a` beats `b` on the front's metrics is decided beyond noise.
std::vector<FrontAt> fronts_of(const SectionView& view, const Records& records, const Pareto& front);

}  // namespace ablate
