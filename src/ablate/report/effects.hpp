#pragma once

#include "ablate/report/table.hpp"

namespace ablate {

/// The main effects and two-way interactions of a factorial section: a table for each variant and point of
/// its other axes that has a metric in all of its cells. None for a section of another kind.
std::vector<Table> effects_tables(const Study& study, const Plan& plan, const PlannedSection& planned,
                                  const Records& records);

}  // namespace ablate
