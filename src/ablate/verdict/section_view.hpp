#pragma once

#include "ablate/record/store.hpp"
#include "ablate/study/plan.hpp"

#include <string>
#include <vector>

namespace ablate {

/// A section with the cells that it places and what became of them. Refers to its arguments: they must live
/// longer.
class SectionView {
 public:
  SectionView(const Study& study, const Plan& plan, const PlannedSection& planned, const Records& records);

  const Section& section() const { return section_; }
  const Records& records() const { return records_; }
  const std::vector<Placement>& placements() const { return planned_.placements; }
  /// In the order of the study; empty for a dimension that the section does not have.
  const std::vector<std::string>& labels(const std::string& dimension) const;

  const Cell& cell(const Placement& placement) const { return plan_.cells[placement.cell]; }
  /// Null where the cell has not been run.
  const Record* record(const Placement& placement) const;

  /// The placement with the labels of `here`, `other` put over them; null where there is none. A group goes
  /// with its variant.
  const Placement* find(const Place& here, const Place& other) const;

 private:
  const Section& section_;
  const Plan& plan_;
  const PlannedSection& planned_;
  const Records& records_;
  std::map<Place, const Placement*> by_place_;
};

/// The planned section of that id; null where the selection left it out.
const PlannedSection* planned_section(const Study& study, const Plan& plan, const std::string& id);

/// The labels of `place` on `dimensions`; those that it does not have are left out.
Place project(const Place& place, const std::vector<std::string>& dimensions);

/// Whether `place` has every label of `part`.
bool includes(const Place& place, const Place& part);

/// The axes of the section on which `places` have several labels, in its order.
std::vector<std::string> varying(const Section& section, const std::vector<Place>& places);

/// "cpu 64": the labels of a place on those dimensions; empty without dimensions.
std::string name_of(const Place& place, const std::vector<std::string>& dimensions);

}  // namespace ablate
