#pragma once

#include "ablate/base/block_spec.hpp"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ablate {

/// Inside the record room: a value of a record and the place it stands at, "records.jsonl:17:
/// /latency_s/mean". Asking for what is not there, or is of another kind, is a UserError; keys that nobody
/// asks for are left alone, since a newer writer of this schema may add some.
class Field {
 public:
  using Json = nlohmann::ordered_json;

  /// `json` must outlive the field.
  Field(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  bool has(const char* key) const;
  Field operator[](const char* key) const;

  std::string text() const;
  bool boolean() const;
  double number() const;
  std::int64_t integer(std::int64_t minimum = 0) const;
  std::uint64_t natural() const;
  OptionValue option() const;
  std::vector<Field> items() const;
  std::vector<std::pair<std::string, Field>> members() const;

  /// Throws UserError unless it `holds`.
  void require(bool holds, std::string_view allowed) const;

 private:
  const Json& json_;
  std::string where_;
};

}  // namespace ablate
