#pragma once

#include "ablate/study/parse.hpp"
#include "ablate/study/plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// What a cell costs by a match's metric; nothing for a width that its block refuses. The study room knows no
/// torch, so whoever plans to measure brings this along.
using MatchCounter = std::function<std::optional<std::int64_t>(const Cell& cell, const std::string& metric)>;

/// The study with the widths of its matched sections solved anew, and written into its text: a copy of that
/// text plans the same cells without counting. Sections and variants that are not selected are left out.
/// Throws UserError where the closest width is not within the tolerance, or none is taken at all.
ParsedStudy solve_matches(ParsedStudy parsed, const std::vector<BlockSpec>& blocks,
                          const MatchCounter& count);

/// The labels of a point on which a width depends. Form, device, dtype and cache do not count: one width
/// serves them all, so that they are compared on the same weights.
Place match_place(const std::vector<Axis>& point);

/// The solved width of `variant` at a point. Throws UserError where there is none, naming `where`.
const MatchedWidth& width_at(const Match& match, const std::string& variant, const Place& at,
                             const std::string& where);

}  // namespace ablate
