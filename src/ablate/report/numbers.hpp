#pragma once

#include "ablate/report/layout.hpp"
#include "ablate/report/table.hpp"
#include "ablate/report/units.hpp"
#include "ablate/verdict/contrast.hpp"

#include <map>

namespace ablate {

/// The unit in which a table prints each of the SI units that its metrics have.
using Units = std::map<std::string, Unit>;

Units units_of(const SectionView& view, const std::vector<const Placement*>& placements,
               const std::vector<Shown>& shown);

/// What a metric of a record looks like: "4,608", "225.7", "226 ± 43"; without the unit, which the head
/// tells.
std::string number_text(const Record& record, const std::string& metric, double value, const Unit& unit);

/// The same with its unit: "226 µs".
std::string quantity_text(const Record& record, const std::string& metric, double value);

TableCell number_cell(const SectionView& view, const Placement& placement, const Shown& shown,
                      const Units& units);

/// How far the cell lies from the section's baseline: "+31.6%", and "baseline" of itself. Latencies that were
/// sampled in the same rounds are compared within them, and what is no difference beyond noise is said to be
/// none:
/// "+2% (noise)".
TableCell versus_cell(const SectionView& view, const Placement& placement, const Shown& shown,
                      const Contrasts& contrasts);

}  // namespace ablate
