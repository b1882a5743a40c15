#pragma once

#include "ablate/report/view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// What one variant has at one point.
struct Reading {
  std::optional<double> value;
  const Record* record = nullptr;  ///< null where the cell was not run
};

/// All variants of a section at the same labels on every other dimension: what can be compared.
struct Point {
  Place place;                              ///< without variant and group
  std::map<std::string, Reading> readings;  ///< by variant

  std::optional<double> value(const std::string& variant) const;
};

/// The points of a section that have the labels of `where`, in the order of the plan. A count does not depend
/// on the device, so devices are one point for counts.
std::vector<Point> points_of(const SectionView& view, const std::string& metric, const Place& where = {});

/// The dimensions on which the points differ, in the order of the section's axes.
std::vector<std::string> varying(const SectionView& view, const std::vector<Point>& points);

/// Why points have no number, each reason once with the count of points: "6 points skipped: no CUDA device".
std::vector<std::string> reasons(const std::vector<Point>& points, const std::vector<std::string>& variants);

}  // namespace ablate
