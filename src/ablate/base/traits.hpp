#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ablate {

/// What a block says of its own structure ("split" → "slice"), in the order in which tables show it.
using Traits = std::vector<std::pair<std::string, std::string>>;

}  // namespace ablate
