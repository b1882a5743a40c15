#include "ablate/check/option_json.hpp"

#include "ablate/base/error.hpp"

#include <nlohmann/json.hpp>

namespace ablate {

OptionValue option_value(const std::string& json, const std::string& where) {
  const auto value = nlohmann::json::parse(json, nullptr, false);
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  throw UserError(where, json, "a number, true, false or the name of a choice");
}

}  // namespace ablate
