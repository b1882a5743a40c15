#pragma once

#include "ablate/report/layout.hpp"
#include "ablate/report/table.hpp"

namespace ablate {

/// What a record tells of a block's inside: its parts and its traits, by name.

/// Traits in the order of the records in which they first stand.
Extras trait_extras(const SectionView& view, const std::vector<const Placement*>& placements);

/// Parts likewise, then "(own)", where a block has parameters or buffers of its own, and "total". Shown of
/// them are the type and the counts that the section asks for, both where it asks for neither.
Extras part_extras(const SectionView& view, const std::vector<const Placement*>& placements);

TableCell trait_cell(const Record& record, const std::string& trait);
TableCell part_cell(const Record& record, const std::string& part, const Shown& shown);

/// All traits in one text, for a table that has no row for each.
TableCell traits_cell(const Record& record);

}  // namespace ablate
