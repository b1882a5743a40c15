#include "ablate/record/field.hpp"

#include "ablate/base/error.hpp"

#include <fmt/format.h>

#include <climits>
#include <nlohmann/json.hpp>

namespace ablate {

using nlohmann::ordered_json;

bool Field::has(const char* key) const { return json_.contains(key); }

Field Field::operator[](const char* key) const {
  require(json_.is_object(), "an object");
  if (!has(key)) throw UserError(fmt::format("{}/{}", where_, key), "missing", "a value");
  return {json_.at(key), fmt::format("{}/{}", where_, key)};
}

std::string Field::text() const {
  require(json_.is_string(), "a string");
  return json_.get<std::string>();
}

bool Field::boolean() const {
  require(json_.is_boolean(), "true or false");
  return json_.get<bool>();
}

double Field::number() const {
  require(json_.is_number(), "a number");
  return json_.get<double>();
}

std::int64_t Field::integer(std::int64_t minimum) const {
  const bool held =
      json_.is_number_integer() && (!json_.is_number_unsigned() || json_.get<std::uint64_t>() <= INT64_MAX);
  require(held && json_.get<std::int64_t>() >= minimum, fmt::format("an integer, at least {}", minimum));
  return json_.get<std::int64_t>();
}

std::uint64_t Field::natural() const {
  require(json_.is_number_unsigned(), "an integer, at least 0");
  return json_.get<std::uint64_t>();
}

OptionValue Field::option() const {
  if (json_.is_boolean()) return json_.get<bool>();
  if (json_.is_number_float()) return json_.get<double>();
  if (json_.is_string()) return json_.get<std::string>();
  return integer(INT64_MIN);
}

std::vector<Field> Field::items() const {
  require(json_.is_array(), "a list");
  std::vector<Field> fields;
  for (std::size_t i = 0; i < json_.size(); ++i)
    fields.emplace_back(json_[i], fmt::format("{}/{}", where_, i));
  return fields;
}

std::vector<std::pair<std::string, Field>> Field::members() const {
  require(json_.is_object(), "an object");
  std::vector<std::pair<std::string, Field>> fields;
  for (const auto& [key, value] : json_.items())
    fields.emplace_back(key, Field(value, fmt::format("{}/{}", where_, key)));
  return fields;
}

void Field::require(bool holds, std::string_view allowed) const {
  if (holds) return;
  constexpr std::size_t longest = 60;
  auto text = json_.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  throw UserError(where_, text, allowed);
}

}  // namespace ablate
