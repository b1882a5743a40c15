#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ablate {

/// Round numbers from `low` to `high`, both included where they are round: steps of 1, 2 or 5 times a power
/// of ten, at most `most` of them (two at least).
std::vector<double> linear_ticks(double low, double high, std::size_t most);

/// The same for a logarithmic axis: powers of ten, with 2 and 5 (or 3) between them where there is room;
/// round steps where the range is too short for these. None where `low` is not above 0.
std::vector<double> log_ticks(double low, double high, std::size_t most);

/// "0.02", "1,000", "10⁷": short, and the same number.
std::string tick_text(double value);

}  // namespace ablate
