#pragma once

#include "ablate/report/figure.hpp"
#include "ablate/verdict/history.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Latency over commits, a picture for each input and a line for each variant and form, with the intervals of
/// the medians; what is slower or faster than before is marked. Behind them each count that changed.
std::vector<Figure> history_figures(const History& history);

/// The histories of all machines as one page, which fetches nothing: pictures, then tables.
std::string history_page(const std::string& title, const std::vector<History>& histories);

}  // namespace ablate
