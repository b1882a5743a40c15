#include "ablate/check/option_json.hpp"

#include "ablate/base/error.hpp"

#include <nlohmann/json.hpp>

namespace ablate {

OptionValue option_value(const nlohmann::ordered_json& value, const std::string& where) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  throw UserError(where, value.dump(), "a number, true, false or the name of a choice");
}

}  // namespace ablate
