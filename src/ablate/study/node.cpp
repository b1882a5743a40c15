#include "ablate/study/node.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/study/document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace ablate {

std::string pointer_step(const std::string& key) {
  std::string step = "/";
  for (const char letter : key)
    if (letter == '~')
      step += "~0";
    else if (letter == '/')
      step += "~1";
    else
      step += letter;
  return step;
}

bool is_line(const std::string& text) {
  const auto is_control = [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; };
  return !text.empty() && std::ranges::none_of(text, is_control);
}

std::string integer_between(std::int64_t minimum, std::int64_t maximum) {
  return fmt::format("an integer from {} to {}", with_thousands(minimum), with_thousands(maximum));
}

Node::Node(const Json& document, std::string file) : Node(&document, std::move(file), "") {}

Node::Node(const Json* value, std::string file, std::string pointer)
    : value_(value), file_(std::move(file)), pointer_(std::move(pointer)) {}

Node Node::child(const Json& value, const std::string& key) const {
  return {&value, file_, pointer_ + pointer_step(key)};
}

bool Node::is_array() const { return value_->is_array(); }
bool Node::is_string() const { return value_->is_string(); }
bool Node::is_number() const { return value_->is_number(); }
bool Node::is_integer() const { return value_->is_number_integer(); }
bool Node::is_boolean() const { return value_->is_boolean(); }

std::optional<Node> Node::find(const std::string& key) const {
  if (!value_->is_object()) refuse("an object");
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return child(*found, key);
}

Node Node::need(const std::string& key, const std::string& allowed) const {
  if (auto found = find(key)) return *found;
  throw UserError(where() + (pointer_.empty() ? ": " : "") + pointer_step(key), "missing", allowed);
}

std::vector<std::pair<std::string, Node>> Node::members() const {
  if (!value_->is_object()) refuse("an object");
  std::vector<std::pair<std::string, Node>> members;
  for (const auto& [key, value] : value_->items()) members.emplace_back(key, child(value, key));
  return members;
}

void Node::allow_only(const std::vector<std::string>& known) const {
  for (const auto& [key, node] : members())
    if (std::ranges::find(known, key) == known.end())
      node.refuse(fmt::format("unknown key {}", Json(key).dump()), choices(key, known));
}

std::vector<Node> Node::items() const {
  if (!is_array()) refuse("an array");
  std::vector<Node> items;
  for (const auto& value : *value_) items.push_back(child(value, std::to_string(items.size())));
  return items;
}

std::vector<Node> Node::some_items() const {
  auto found = items();
  if (found.empty()) refuse("an array with at least one element");
  return found;
}

std::string Node::text() const {
  if (!is_string() || !is_line(value_->get_ref<const std::string&>()))
    refuse("a text that is not empty, without control characters");
  return value_->get<std::string>();
}

std::string Node::one_of(const std::vector<std::string>& names, const std::string& next) const {
  if (!is_string()) refuse(shortened(*value_), choices("", names), next);
  auto word = value_->get<std::string>();
  if (std::ranges::find(names, word) == names.end()) refuse(shortened(*value_), choices(word, names), next);
  return word;
}

std::vector<std::string> Node::some_of(const std::vector<std::string>& names, const std::string& next) const {
  std::vector<std::string> chosen;
  for (const auto& item : some_items()) {
    auto word = item.one_of(names, next);
    if (std::ranges::find(chosen, word) != chosen.end())
      item.refuse(fmt::format("\"{}\" a second time", word), "each name once");
    chosen.push_back(std::move(word));
  }
  return chosen;
}

std::int64_t Node::integer(std::int64_t minimum, std::int64_t maximum) const {
  const auto fits = [&] {
    if (!is_integer()) return false;
    if (value_->is_number_unsigned() &&
        value_->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
      return false;
    const auto number = value_->get<std::int64_t>();
    return minimum <= number && number <= maximum;
  };
  if (!fits()) refuse(integer_between(minimum, maximum));
  return value_->get<std::int64_t>();
}

std::uint64_t Node::unsigned_integer() const {
  // A number set from a program may be a signed one, so the type alone does not tell.
  const auto negative = is_integer() && !value_->is_number_unsigned() && value_->get<std::int64_t>() < 0;
  if (!is_integer() || negative) refuse("an integer from 0 to 18,446,744,073,709,551,615");
  return value_->get<std::uint64_t>();
}

double Node::number() const {
  if (!value_->is_number()) refuse("a number");
  return value_->get<double>();
}

bool Node::boolean() const {
  if (!is_boolean()) refuse("true or false");
  return value_->get<bool>();
}

std::string Node::where() const { return pointer_.empty() ? file_ : file_ + ": " + pointer_; }

void Node::refuse(const std::string& allowed) const { refuse(shortened(*value_), allowed); }

void Node::refuse(const std::string& what, const std::string& allowed, const std::string& next) const {
  throw UserError(where(), what, allowed, next);
}

}  // namespace ablate
