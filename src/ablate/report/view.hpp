#pragma once

#include "ablate/record/store.hpp"
#include "ablate/study/plan.hpp"

#include <set>
#include <string>
#include <vector>

namespace ablate {

/// A section with the cells that it places and what became of them. Refers to its arguments: they must live
/// longer.
class SectionView {
 public:
  SectionView(const Study& study, const Plan& plan, const PlannedSection& planned, const Records& records);

  const Section& section() const { return section_; }
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

/// The labels of `place` on `dimensions`; those that it does not have are left out.
Place project(const Place& place, const std::vector<std::string>& dimensions);

/// Whether `place` has every label of `part`.
bool includes(const Place& place, const Place& part);

/// A label so that it is understood away from a table's head: "batch 4", "64 channels", "kernel_size 7",
/// "cuda".
std::string phrase(const std::string& dimension, const std::string& label);

/// "3 cells", "1 cell".
std::string counted(std::size_t count, const std::string& thing);

/// Why there is no number: "skipped", "failed", "not run", or "—" for a cell that was not asked for it.
std::string placeholder(const Record* record);

}  // namespace ablate
