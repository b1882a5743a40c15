#pragma once

#include "ablate/base/block_spec.hpp"

#include <string>

namespace ablate {

/// Inside the check room: an option's value from its JSON. Throws UserError naming `where`.
OptionValue option_value(const std::string& json, const std::string& where);

}  // namespace ablate
