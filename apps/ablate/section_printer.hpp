#pragma once

#include "ablate/record/store.hpp"
#include "ablate/report/table.hpp"
#include "study_arguments.hpp"

#include <set>
#include <vector>

namespace ablate::cli {

/// Prints each section's tables once all its cells have a record, in the order of the study.
class SectionPrinter {
 public:
  /// Both must outlive the printer.
  SectionPrinter(const PlannedStudy& planned, const RunStore& store) : planned_(planned), store_(store) {}

  void print_complete();
  /// What could not be completed, and the summary, which needs all.
  void print_rest();

 private:
  bool is_complete(const PlannedSection& section) const;

  const PlannedStudy& planned_;
  const RunStore& store_;
  std::set<std::size_t> printed_;
};

void print_tables(const std::vector<Table>& tables);

}  // namespace ablate::cli
