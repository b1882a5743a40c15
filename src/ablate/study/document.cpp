#include "ablate/study/document.hpp"

#include "ablate/base/error.hpp"
#include "ablate/study/node.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

namespace ablate {
namespace {

using Json = nlohmann::ordered_json;
using Event = Json::parse_event_t;

/// Follows the parser through the document, so that a doubled key can be named with its place.
class KeyWatch {
 public:
  explicit KeyWatch(const std::string& where) : where_(where) {}

  void see(Event event, const Json& parsed) {
    if (event == Event::key) return see_key(parsed.get<std::string>());
    if (event == Event::object_end || event == Event::array_end) {
      open_.pop_back();
      return;
    }
    if (!open_.empty() && open_.back().is_array) ++open_.back().next;
    if (open_.size() == most_levels && event != Event::value)
      throw UserError(where_, fmt::format("more than {} levels of nesting", most_levels), "a study file");
    if (event == Event::object_start) open_.push_back({});
    if (event == Event::array_start) open_.push_back({.is_array = true});
  }

 private:
  /// A study needs six; JSON without end would overflow the stack of whoever prints it.
  static constexpr std::size_t most_levels = 32;

  struct Level {
    bool is_array = false;
    std::size_t next = 0;  ///< index behind the element under way
    std::set<std::string> keys = {};
    std::string key = {};  ///< under way
  };

  void see_key(std::string key) {
    auto& level = open_.back();
    level.key = key;
    if (!level.keys.insert(std::move(key)).second)
      throw UserError(fmt::format("{}: {}", where_, pointer()), "the same key a second time",
                      "each key once");
  }

  std::string pointer() const {
    std::string pointer;
    for (const auto& level : open_)
      pointer += pointer_step(level.is_array ? std::to_string(level.next - 1) : level.key);
    return pointer;
  }

  const std::string& where_;
  std::vector<Level> open_;
};

/// nlohmann's message without its own prefix: "syntax error while parsing object key - unexpected '}'…".
std::string reason_of(const Json::exception& error) {
  std::string text = error.what();
  for (const auto* mark : {"] ", "column "})
    if (const auto at = text.find(mark); at != std::string::npos) text = text.substr(at + std::strlen(mark));
  const auto digits = text.find_first_not_of("0123456789");
  return digits != std::string::npos && text.compare(digits, 2, ": ") == 0 ? text.substr(digits + 2) : text;
}

std::string place_of(const std::string& text, std::size_t byte) {
  const auto end =
      text.begin() + static_cast<std::ptrdiff_t>(std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = 1 + std::count(text.begin(), end, '\n');
  const auto start = std::find(std::make_reverse_iterator(end), text.rend(), '\n').base();
  return fmt::format("line {}, column {}", line, end - start + 1);
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool holds_object(const Json& value) {
  return std::ranges::any_of(value, [](const Json& inner) {
    return inner.is_object() || (inner.is_array() && holds_object(inner));
  });
}

std::string on_one_line(const Json& value) {
  if (!value.is_structured()) return dump(value);
  std::vector<std::string> pieces;
  for (const auto& [key, inner] : value.items())
    pieces.push_back(value.is_object() ? dump(key) + ": " + on_one_line(inner) : on_one_line(inner));
  return fmt::format(fmt::runtime(value.is_object() ? "{{{}}}" : "[{}]"), fmt::join(pieces, ", "));
}

constexpr std::size_t line_width = 100;

/// `taken` counts what stands before the value on its line.
void print(std::string& out, const Json& value, std::size_t indent, std::size_t taken) {
  if (!value.is_structured() || value.empty() || !holds_object(value))
    if (auto line = on_one_line(value); !value.is_structured() || taken + line.size() < line_width) {
      out += line;
      return;
    }
  const std::string margin(indent + 2, ' ');
  const auto* separator = "\n";
  out += value.is_object() ? "{" : "[";
  for (const auto& [key, inner] : value.items()) {
    const auto name = value.is_object() ? dump(key) + ": " : std::string();
    out += separator + margin + name;
    print(out, inner, indent + 2, margin.size() + name.size());
    separator = ",\n";
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string read_text(const std::filesystem::path& file) {
  constexpr auto allowed = "a study file, which is JSON";
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status))
    throw UserError(file.string(), "there is no such file", allowed,
                    fmt::format("try: ablate init {}", file.string()));
  if (std::filesystem::is_directory(status)) throw UserError(file.string(), "is a directory", allowed);
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream)
    throw UserError(file.string(), fmt::format("cannot be read ({})", std::strerror(errno)), allowed);
  return text.str();
}

Json parse_document(const std::string& text, const std::string& where) {
  KeyWatch watch(where);
  const auto see = [&](int /*depth*/, Event event, Json& parsed) {
    watch.see(event, parsed);
    return true;
  };
  try {
    constexpr bool throws = true, comments_are_skipped = true;
    return Json::parse(text, see, throws, comments_are_skipped);
  } catch (const Json::parse_error& error) {
    throw UserError(fmt::format("{}: {}", where, place_of(text, error.byte)), reason_of(error), "JSON");
  } catch (const Json::exception& error) {
    throw UserError(where, reason_of(error), "JSON");
  }
}

std::string print_document(const Json& document) {
  std::string out;
  print(out, document, 0, 0);
  return out + "\n";
}

std::string shortened(const Json& value) {
  constexpr std::size_t most = 60;
  auto text = dump(value);
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace ablate
