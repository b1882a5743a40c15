#pragma once

#include "ablate/report/table.hpp"
#include "ablate/verdict/claims.hpp"

#include <string>
#include <vector>

namespace ablate {

/// One row a claim: verdict, the ratio on which it hangs with its interval, at how many points it holds, why
/// it is open, and the statement. What was expected has a column where a claim expects something.
Table verdict_table(const std::vector<Verdict>& verdicts, const Records& records);

/// "27 claims: 12 supported, 9 refuted, 3 undecided, 3 untested".
std::string count_text(const std::vector<Verdict>& verdicts);

/// "noise floor: cuda device ±0.40 % (A/A of 18 groups), cpu host ±1.2 % (…)", as one line; none where a run
/// has no pairings.
std::vector<std::string> floor_notes(const Records& records);

/// One row a device and clock; without rows where a run has no pairings.
Table floor_table(const Records& records);

/// "0.871 [0.852, 0.890]", or one number where it is exact.
std::string ratio_text(const Estimate& ratio);

}  // namespace ablate
