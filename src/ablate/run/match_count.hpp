#pragma once

#include "ablate/study/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ablate {

/// What a cell costs by `metric` (params, macs or bytes), counted on the CPU; nothing for a width that its
/// block refuses, or that memory has no room for. Solves the widths of matched sections.
std::optional<std::int64_t> count_for_match(const Cell& cell, const std::string& metric);

}  // namespace ablate
