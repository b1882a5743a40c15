#include "ablate/study/factorial.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/variants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// A pin goes before an axis, so there would be no levels to compare.
void refuse_pinned(const Section& section, const Node& node, const std::string& factor, const Known& known) {
  for (const auto& name : section.variants)
    for (const auto& pin : known.study.variant(name).at)
      if (pin.name == factor)
        node.refuse(fmt::format("\"{}\", which the variant \"{}\" pins", factor, name),
                    "options that no variant of the section pins");
}

void read_factor(Section& section, const std::string& name, const Node& node, const Known& known) {
  const auto possible = possible_options(section, known);
  if (std::ranges::find(possible, name) == possible.end())
    node.refuse(fmt::format("no option \"{}\" of these variants", name), choices(name, possible));
  if (std::ranges::find(section.axes, name, &Axis::name) != section.axes.end())
    node.refuse(fmt::format("\"{}\" a second time", name), "an option among axes or factors, not both");
  refuse_pinned(section, node, name, known);
  auto axis = read_axis(node, name, options_set_by(name, section, known));
  if (!node.is_array() || axis.values.size() < 2)
    node.refuse("an array of two levels or more, the reference first");
  section.axes.push_back(std::move(axis));
  section.factorial->factors.push_back(name);
}

/// Half the points of two factors say nothing of either: each is mixed up with the other.
void check_half(const Section& section, const Node& node) {
  constexpr auto allowed = "2 with three factors or more, of two levels each";
  const auto& factors = section.factorial->factors;
  if (factors.size() < 3) node.refuse(fmt::format("a fraction of {} factors", factors.size()), allowed);
  for (const auto& axis : section.axes)
    if (std::ranges::find(factors, axis.name) != factors.end() && axis.values.size() != 2)
      node.refuse(fmt::format("a fraction where \"{}\" has {} levels", axis.name, axis.values.size()),
                  allowed);
}

}  // namespace

std::vector<std::string> possible_options(const Section& section, const Known& known) {
  std::vector<std::string> options;
  const auto& first = block_of(known.blocks, known.study.variant(section.variants.front()));
  for (const auto& option : first.options)
    if (!follows_channels(option.name) && !options_set_by(option.name, section, known).empty())
      options.push_back(option.name);
  return options;
}

void read_factorial(Section& section, const Node& node, const Known& known) {
  const auto kind = node.find("kind");
  if (!kind || kind->one_of({"sweep", "factorial"}) == "sweep") {
    for (const auto* key : {"factors", "fraction"})
      if (const auto given = node.find(key))
        given->refuse(fmt::format("\"{}\" in a section that is no factorial", key),
                      "\"kind\": \"factorial\" beside it");
    return;
  }
  section.factorial.emplace();
  constexpr auto allowed = "an object with at least one option and its levels";
  const auto factors = node.need("factors", allowed);
  for (const auto& [name, levels] : factors.members()) read_factor(section, name, levels, known);
  if (section.factorial->factors.empty()) factors.refuse(allowed);
  const auto fraction = node.find("fraction");
  section.factorial->half = fraction && fraction->integer(1, 2) == 2;
  if (section.factorial->half) check_half(section, *fraction);
}

}  // namespace ablate
