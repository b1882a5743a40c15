#pragma once

#include "ablate/verdict/contrast.hpp"
#include "ablate/verdict/section_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// One cell of a section as a metric reads it.
struct CellReading {
  Place place;                     ///< that was asked for, pins of the variant put in
  const Record* record = nullptr;  ///< null where it was not run, or not planned
  std::string missing;             ///< why the metric is not there; empty where it is
  bool absent = false;             ///< it could not be measured here, or was not asked for: no fault
};

/// The cells of a section by their labels, for one metric. A count does not depend on the device, so that it
/// is taken from whichever device has it. Refers to its arguments: they must live longer.
class Readings {
 public:
  Readings(const Study& study, const SectionView& view, const std::string& metric);

  /// What lies at `here` with `other` put over it, which names the variant unless `here` does.
  CellReading at(const Place& here, const Place& other) const;

  /// Places of a variant that have the labels of `fixed`, in the order of the plan; without a device for
  /// counts.
  std::vector<Place> places(const Place& fixed) const;

  const SectionView& view() const { return view_; }
  const std::string& metric() const { return metric_; }

 private:
  const Record* counted(const Place& place) const;

  const Study& study_;
  const SectionView& view_;
  std::string metric_;
};

/// "STMBlock / DWBlock", "DWBlock deploy / DWBlock train": two cells by what tells them apart.
std::string name_of_pair(const Place& a, const Place& b);

}  // namespace ablate
