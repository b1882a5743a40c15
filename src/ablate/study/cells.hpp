#pragma once

#include "ablate/study/plan.hpp"

namespace ablate {

/// Inside the study room: one cell from a variant at a point of its section's axes, each with one value.
/// Throws UserError for options that the block does not allow there.
Cell make_cell(const Study& study, const Section& section, const Variant& variant,
               const std::vector<Axis>& point, const std::vector<BlockSpec>& blocks);

/// `key(cell)` but for how it is sampled.
std::string key_without_protocol(const Cell& cell);

}  // namespace ablate
