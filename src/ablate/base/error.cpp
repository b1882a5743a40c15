#include "ablate/base/error.hpp"

#include <fmt/format.h>

namespace ablate {

void require(bool holds, std::string_view where, std::int64_t value, std::string_view allowed) {
  if (!holds) throw UserError(where, fmt::format("{}", value), allowed);
}

void require(bool holds, std::string_view where, double value, std::string_view allowed) {
  if (!holds) throw UserError(where, fmt::format("{}", value), allowed);
}

}  // namespace ablate
