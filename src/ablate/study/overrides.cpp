#include "ablate/study/overrides.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/study/document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <span>

namespace ablate {
namespace {

using Json = nlohmann::ordered_json;
using Segments = std::span<const std::string>;

/// A child of a document's value, and how many segments of the path name it.
struct Step {
  Json* child = nullptr;
  std::size_t length = 0;
};

/// Keys may hold dots, so the longest run of segments that is a key is taken.
Step find_member(Json& object, Segments path) {
  for (auto length = path.size(); length > 0; --length)
    if (const auto found = object.find(join(path.first(length), ".")); found != object.end())
      return {&*found, length};
  return {};
}

/// Elements go by their `id`, or by their index.
Step find_element(Json& array, Segments path) {
  const auto& name = path.front();
  for (auto& element : array)
    if (element.is_object() && element.value("id", Json()) == Json(name)) return {&element, 1};
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error == std::errc{} && end == name.data() + name.size() && index < array.size())
    return {&array[index], 1};
  return {};
}

std::vector<std::string> names_in(const Json& value) {
  std::vector<std::string> names;
  for (const auto& [key, inner] : value.items()) {
    const auto has_id =
        value.is_array() && inner.is_object() && inner.contains("id") && inner["id"].is_string();
    names.push_back(has_id ? inner["id"].get<std::string>() : key);
  }
  return names;
}

/// What `text` says, as JSON where it is JSON, else as a string: `device=cuda` needs no quotes.
Json value_of(const std::string& text, const std::string& where) {
  return Json::accept(text) ? parse_document(text, where) : Json(text);
}

void set(Json& document, const std::string& assignment, const std::string& file) {
  const auto equals = assignment.find('=');
  const auto path = assignment.substr(0, equals);
  const auto where = fmt::format("{}: --set {}", file, path);
  if (equals == std::string::npos || equals == 0)
    throw UserError(where, "no path and value", "PATH=VALUE, as in sections.channels.axes.channels=[32,64]");
  const auto segments = split(path, '.');
  auto* target = &document;
  for (Segments rest = segments; !rest.empty();) {
    if (!target->is_structured())
      throw UserError(
          where, fmt::format("{} holds nothing that \"{}\" could name", shortened(*target), rest.front()),
          "the path of an object's member or a list's element");
    const auto step = target->is_object() ? find_member(*target, rest) : find_element(*target, rest);
    if (!step.child && !(target->is_object() && rest.size() == 1))
      throw UserError(where, fmt::format("nothing is named \"{}\"", rest.front()),
                      choices(rest.front(), names_in(*target)));
    target = step.child ? step.child : &(*target)[rest.front()];
    rest = rest.subspan(step.child ? step.length : 1);
  }
  *target = value_of(assignment.substr(equals + 1), where);
}

/// "paired" is one for every device, "cuda=gpu" one for that device.
void select_protocols(const std::vector<std::string>& protocols, Json& document) {
  if (!document.is_object()) return;
  for (const auto& protocol : protocols) {
    auto& selected = document["selection"]["protocol"];
    const auto equals = protocol.find('=');
    if (equals == std::string::npos)
      selected = protocol;
    else if (selected.is_object() || selected.is_null())
      selected[protocol.substr(0, equals)] = protocol.substr(equals + 1);
    else
      selected = Json{{protocol.substr(0, equals), protocol.substr(equals + 1)}};
  }
}

}  // namespace

void apply(const Overrides& overrides, Json& document, const std::string& file) {
  for (const auto& assignment : overrides.set) set(document, assignment, file);
  const auto select = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty() && document.is_object()) document["selection"][what] = names;
  };
  if (const auto found = document.find("selection"); found != document.end() && !found->is_object()) return;
  select("sections", overrides.selection.sections);
  select("variants", overrides.selection.variants);
  select("devices", overrides.selection.devices);
  select("cells", overrides.selection.cells);
  select_protocols(overrides.selection.protocols, document);
}

}  // namespace ablate
