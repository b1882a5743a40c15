#pragma once

#include <nlohmann/json.hpp>

#include <set>
#include <stdexcept>
#include <string>

namespace ablate::testing {

using nlohmann::json;

/// The part of JSON Schema that the schemas in docs/ use. An unknown keyword is an error, so that none is
/// passed over in silence.
class Schema {
 public:
  explicit Schema(json root) : root_(std::move(root)) {}

  /// Where and how `value` does not fit; empty if it does.
  std::string error(const json& value) const { return error(root_, value, ""); }

 private:
  static bool has_type(const json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    if (type == "null") return value.is_null();
    throw std::logic_error("type " + type);
  }

  static bool has_one_of_types(const json& value, const json& types) {
    if (types.is_string()) return has_type(value, types);
    for (const auto& type : types)
      if (has_type(value, type)) return true;
    return false;
  }

  bool fits(const json& schema, const json& value) const { return error(schema, value, "").empty(); }

  std::string error(const json& schema, const json& value, const std::string& where) const {
    if (schema.is_boolean()) return schema.get<bool>() ? "" : where + ": not allowed";
    for (const auto& [keyword, rule] : schema.items())
      if (auto found = error_of(keyword, rule, schema, value, where); !found.empty()) return found;
    return "";
  }

  std::string error_of(const std::string& keyword, const json& rule, const json& schema, const json& value,
                       const std::string& where) const {
    static const std::set<std::string> no_rule{"$schema", "title", "description", "$defs", "then", "else"};
    const auto unless = [&](bool holds) { return holds ? "" : where + ": " + keyword + " " + rule.dump(); };
    if (no_rule.contains(keyword)) return "";
    if (keyword == "type") return unless(has_one_of_types(value, rule));
    if (keyword == "const") return unless(value == rule);
    if (keyword == "enum") return unless(std::find(rule.begin(), rule.end(), value) != rule.end());
    if (keyword == "minimum") return unless(!value.is_number() || value >= rule);
    if (keyword == "maximum") return unless(!value.is_number() || value <= rule);
    if (keyword == "minItems") return unless(!value.is_array() || value.size() >= rule);
    if (keyword == "maxItems") return unless(!value.is_array() || value.size() <= rule);
    if (keyword == "not") return unless(!fits(rule, value));
    if (keyword == "if") return if_then_else(schema, value, where);
    if (keyword == "$ref")
      return error(root_.at(json::json_pointer(rule.get<std::string>().substr(1))), value, where);
    if (keyword == "allOf") return all_of(rule, value, where);
    if (keyword == "items") return items(rule, value, where);
    return value.is_object() ? error_of_object(keyword, rule, schema, value, where) : "";
  }

  std::string error_of_object(const std::string& keyword, const json& rule, const json& schema,
                              const json& value, const std::string& where) const {
    if (keyword == "required") {
      for (const auto& name : rule)
        if (!value.contains(name)) return where + ": no " + name.get<std::string>();
      return "";
    }
    if (keyword == "properties") {
      for (const auto& [name, part] : rule.items())
        if (value.contains(name))
          if (auto found = error(part, value[name], where + "/" + name); !found.empty()) return found;
      return "";
    }
    if (keyword == "additionalProperties") {
      for (const auto& [name, part] : value.items())
        if (!schema.contains("properties") || !schema["properties"].contains(name))
          if (auto found = error(rule, part, where + "/" + name); !found.empty()) return found;
      return "";
    }
    if (keyword == "dependentRequired") {
      for (const auto& [name, others] : rule.items())
        for (const auto& other : others)
          if (value.contains(name) && !value.contains(other))
            return where + ": " + name + " without " + other.dump();
      return "";
    }
    throw std::logic_error("schema keyword " + keyword);
  }

  std::string if_then_else(const json& schema, const json& value, const std::string& where) const {
    const auto* branch = fits(schema["if"], value) ? "then" : "else";
    return schema.contains(branch) ? error(schema[branch], value, where) : "";
  }

  std::string all_of(const json& rule, const json& value, const std::string& where) const {
    for (const auto& part : rule)
      if (auto found = error(part, value, where); !found.empty()) return found;
    return "";
  }

  std::string items(const json& rule, const json& value, const std::string& where) const {
    if (!value.is_array()) return "";
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto found = error(rule, value[i], where + "/" + std::to_string(i)); !found.empty()) return found;
    return "";
  }

  json root_;
};

}  // namespace ablate::testing
