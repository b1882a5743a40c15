#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ablate {

/// Inside the study room: one value of a study file together with the place where it stands, so that whoever
/// reads it can refuse it with file, JSON pointer, value and what is allowed. Every read checks; all errors
/// are UserError.
class Node {
 public:
  using Json = nlohmann::ordered_json;

  /// The root of a document, which must outlive all nodes of it.
  Node(const Json& document, std::string file);

  bool is_array() const;
  bool is_string() const;
  bool is_number() const;
  bool is_integer() const;
  bool is_boolean() const;

  /// Null where the object has no such key.
  std::optional<Node> find(const std::string& key) const;
  /// Refuses an object without that key.
  Node need(const std::string& key, const std::string& allowed) const;
  /// Keys and values in the order of the file. Refuses what is not an object.
  std::vector<std::pair<std::string, Node>> members() const;
  /// Refuses what is not an object, and a key that is not among `known`.
  void allow_only(const std::vector<std::string>& known) const;

  /// Refuses what is not an array.
  std::vector<Node> items() const;
  /// Refuses the empty array too.
  std::vector<Node> some_items() const;

  /// A line of text: not empty, no control characters.
  std::string text() const;
  /// One of `names`; `next` is what an error adds (UserError).
  std::string one_of(const std::vector<std::string>& names, const std::string& next = {}) const;
  /// Several of `names`, at least one, none twice.
  std::vector<std::string> some_of(const std::vector<std::string>& names, const std::string& next = {}) const;
  std::int64_t integer(std::int64_t minimum, std::int64_t maximum) const;
  std::uint64_t unsigned_integer() const;
  double number() const;
  bool boolean() const;

  /// "study.json: /sections/2/axes".
  std::string where() const;
  /// Throws UserError: what stands here, or `what`, is not `allowed`.
  [[noreturn]] void refuse(const std::string& allowed) const;
  [[noreturn]] void refuse(const std::string& what, const std::string& allowed,
                           const std::string& next = {}) const;

 private:
  Node(const Json* value, std::string file, std::string pointer);
  Node child(const Json& value, const std::string& key) const;

  const Json* value_;
  std::string file_, pointer_;
};

/// `key` as a step of a JSON pointer (RFC 6901): "/a~1b".
std::string pointer_step(const std::string& key);

/// Whether `text` can stand in a line of a table: not empty, no control characters.
bool is_line(const std::string& text);

/// "an integer from 1 to 32,768".
std::string integer_between(std::int64_t minimum, std::int64_t maximum);

}  // namespace ablate
