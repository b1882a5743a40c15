#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: where a section's cells stand in its tables.

/// Refuses a place that no cell of the section has, and a baseline where no metric can be compared.
Place read_baseline(const Node& node, const Section& section, const Known& known);

/// The key "table" of a section, what it leaves out filled in. "metric" is always placed, and so is every
/// dimension with more than one label, exactly once.
Layout read_table(const Node& section_node, const Section& section, const Known& known);

}  // namespace ablate
