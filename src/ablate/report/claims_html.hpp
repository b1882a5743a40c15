#pragma once

#include "ablate/verdict/claims.hpp"

#include <string>
#include <vector>

namespace ablate {

/// "STMBlock / DWBlock at cuda 64: 1.205 [1.200, 1.211]. Holds at 1 point, fails at 5." in plain text: on
/// what a verdict hangs, or why there is none.
std::string explanation_of(const Verdict& verdict);

/// The verdicts of a study as a table that can be narrowed to one outcome.
std::string claims_html(const std::vector<Verdict>& verdicts);

}  // namespace ablate
