#pragma once

#include "ablate/report/view.hpp"

#include <string>
#include <vector>

namespace ablate {

/// What one table has to say beside its numbers.

/// What all cells have in common and neither title nor head says: "batch 1, 64 channels, 64×64, deploy,
/// float32; 20 warm-up and 100 timed calls". `told` are the dimensions that the table shows; empty where
/// nothing is left.
std::string conditions(const SectionView& view, const std::vector<const Placement*>& placements,
                       const std::vector<std::string>& told);

/// One line for each reason cells of the form fused were computed as folded.
std::vector<std::string> fallbacks(const SectionView& view, const std::vector<const Placement*>& placements);

/// One line for each point of a matched section: how wide each variant is, and what that gives.
std::vector<std::string> matches(const SectionView& view, const std::vector<const Placement*>& placements);

/// One line for each reason cells were skipped, for the first failures, and for cells that were not run.
/// Cells that have every number asked for have no line here.
std::vector<std::string> absences(const SectionView& view, const std::vector<const Placement*>& placements);

}  // namespace ablate
