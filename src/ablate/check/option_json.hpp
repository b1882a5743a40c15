#pragma once

#include "ablate/base/block_spec.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ablate {

/// Inside the check room: an option's value from its JSON. Throws UserError naming `where`.
OptionValue option_value(const nlohmann::ordered_json& value, const std::string& where);

}  // namespace ablate
