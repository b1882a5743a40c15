#pragma once

#include "ablate/base/block_spec.hpp"
#include "ablate/base/error.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ablate {

/// Inside the check room: an option's value as a file has it. Throws UserError naming `where`.
template <typename Json>
OptionValue option_value(const Json& value, const std::string& where) {
  if (value.is_boolean()) return value.template get<bool>();
  if (value.is_number_integer()) return value.template get<std::int64_t>();
  if (value.is_number()) return value.template get<double>();
  throw UserError(where, value.dump(), "a number, true or false");
}

}  // namespace ablate
