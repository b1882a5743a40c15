#include "ablate/study/read_match.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// The variant that the others are matched to: the baseline's where none is named.
std::string read_target(const Node& match, const Section& section) {
  if (const auto to = match.find("to")) return to->one_of(section.variants);
  if (section.baseline)
    if (const auto found = section.baseline->find("variant"); found != section.baseline->end())
      return found->second;
  return match.need("to", "a variant of the section, where the baseline names none").text();
}

/// A width is solved for, so nothing else may set it.
void refuse_other_widths(const Node& match, const Section& section, const Known& known) {
  for (const auto& name : section.variants)
    for (const auto& pin : known.study.variant(name).at)
      if (pin.name == "channels")
        match.refuse(fmt::format("variant {} pins its channels", name), "variants whose width is free");
  for (const auto& axis : section.axes)
    for (const auto& value : axis.values)
      if (const auto* channels = std::get_if<Channels>(&value); channels && channels->in != channels->out)
        match.refuse(fmt::format("{} on the axis channels", label(axis.name, value)),
                     "as many channels out as in");
}

MatchedWidth read_width(const Node& node, const Section& section) {
  node.allow_only(keys_of("solved"));
  MatchedWidth width;
  width.variant = node.need("variant", choices("", section.variants)).one_of(section.variants);
  if (const auto at = node.find("at")) {
    at->allow_only(axes_of(section));
    for (const auto& [axis, label] : at->members()) width.at.emplace(axis, label.text());
  }
  width.channels = node.need("channels", integer_between(1, max_extent)).integer(1, max_extent);
  width.ratio = node.need("ratio", "a number").number();
  return width;
}

}  // namespace

std::optional<Match> read_match(const Node& section_node, const Section& section, const Known& known) {
  const auto node = section_node.find("match");
  if (!node) return std::nullopt;
  node->allow_only(keys_of("match"));
  Match match;
  match.metric = node->need("metric", "params, macs, bytes").one_of({"params", "macs", "bytes"});
  node->need("by", "\"width\"").one_of({"width"});
  match.to = read_target(*node, section);
  if (const auto form = node->find("form")) match.form = std::get<Form>(read_built_in_value(*form, "form"));
  if (const auto tolerance = node->find("tolerance")) {
    match.tolerance = tolerance->number();
    if (!(match.tolerance > 0 && match.tolerance < 1)) tolerance->refuse("a fraction, above 0 and below 1");
  }
  refuse_other_widths(*node, section, known);
  if (const auto solved = node->find("solved"))
    for (const auto& item : solved->items()) match.solved.push_back(read_width(item, section));
  return match;
}

}  // namespace ablate
