#pragma once

#include <string>
#include <string_view>

namespace ablate {

/// `text` in quotes, fit to be printed: everything but printable ASCII as \xNN, the end left out where it is
/// long. Names in weight files come from strangers, and may hold terminal codes or a hundred megabytes.
std::string printable(std::string_view text);

}  // namespace ablate
