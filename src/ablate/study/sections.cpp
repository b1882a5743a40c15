#include "ablate/study/sections.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/factorial.hpp"
#include "ablate/study/keys.hpp"
#include "ablate/study/layout.hpp"
#include "ablate/study/read_match.hpp"
#include "ablate/study/sums.hpp"
#include "ablate/study/variants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

std::string read_id(const Node& node, const std::vector<Section>& before) {
  constexpr auto allowed = "an id of small letters, digits, _ and -, each once";
  auto id = node.text();
  if (!is_id(id)) node.refuse(allowed);
  if (std::ranges::find(before, id, &Section::id) != before.end())
    node.refuse(fmt::format("\"{}\" a second time", id), allowed);
  return id;
}

std::vector<std::string> names_of(const std::vector<Variant>& variants) {
  std::vector<std::string> names;
  for (const auto& variant : variants) names.push_back(variant.name);
  return names;
}

/// Axes that this section may have: the built-in ones, and options that all of its blocks have.
std::vector<std::string> possible_axes(const Section& section, const Known& known) {
  auto axes = built_in_axes();
  std::ranges::copy(possible_options(section, known), std::back_inserter(axes));
  return axes;
}

void read_axes(Section& section, const Node& node, const Known& known) {
  const auto possible = possible_axes(section, known);
  for (const auto& [name, values] : node.members()) {
    if (std::ranges::find(possible, name) == possible.end())
      values.refuse(fmt::format("no axis \"{}\" for these variants", name), choices(name, possible));
    section.axes.push_back(read_axis(values, name, options_set_by(name, section, known)));
  }
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const auto& metric : metrics()) names.push_back(metric.name);
  return names;
}

bool is_timed(const Section& section) {
  return std::ranges::any_of(section.metrics, [](const auto& name) { return metric_named(name)->timed; });
}

/// The selection's protocol, where it names one, goes before the section's own.
void read_protocols(Section& section, const Node& node, const Known& known) {
  const auto given = node.find("protocol");
  if (!given) node.need("protocol", "the name of a protocol, since a metric of this section is timed");
  const auto devices = devices_of(section, known.study);
  section.protocols = read_chosen_protocols(*given, known.protocols, devices);
  if (known.protocol) section.protocols = read_chosen_protocols(*known.protocol, known.protocols, devices);
}

Section read_section(const Node& node, const std::vector<Section>& before, const Known& known) {
  node.allow_only(keys_of("section"));
  Section section;
  section.id = read_id(node.need("id", "an id of small letters, digits, _ and -"), before);
  section.title = section.id;
  if (const auto title = node.find("title")) section.title = title->text();
  if (const auto note = node.find("note")) section.note = note->text();
  const auto variants = names_of(known.study.variants);
  const auto chosen = node.find("variants");
  section.variants = chosen ? chosen->some_of(variants) : variants;
  if (const auto axes = node.find("axes")) read_axes(section, *axes, known);
  read_factorial(section, node, known);
  const auto all_metrics = metric_names();
  section.metrics =
      node.need("metrics", choices("", all_metrics)).some_of(all_metrics, "see: ablate list metrics");
  if (is_timed(section))
    read_protocols(section, node, known);
  else if (const auto protocol = node.find("protocol"))  // for nothing, but no nonsense
    read_chosen_protocols(*protocol, known.protocols, devices_of(section, known.study));
  if (const auto baseline = node.find("baseline"))
    section.baseline = read_baseline(*baseline, section, known);
  section.table = read_table(node, section, known);
  section.sums = read_sums(node, section);
  section.match = read_match(node, section, known);
  return section;
}

}  // namespace

bool is_id(const std::string& text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !text.empty() && text.find_first_not_of(letters) == std::string::npos;
}

std::vector<Section> read_sections(const Node& study, const Known& known) {
  std::vector<Section> sections;
  for (const auto& node : study.need("sections", "an array with at least one section").some_items())
    sections.push_back(read_section(node, sections, known));
  return sections;
}

std::vector<const OptionSpec*> options_set_by(const std::string& axis, const Section& section,
                                              const Known& known) {
  std::vector<const OptionSpec*> options;
  if (std::ranges::find(built_in_axes(), axis) != built_in_axes().end()) return options;
  for (const auto& name : section.variants) {
    const auto* option = block_of(known.blocks, known.study.variant(name)).find(axis);
    if (!option || (!options.empty() && option->type != options.front()->type)) return {};
    options.push_back(option);
  }
  return options;
}

std::vector<AxisValue> values_of(const Axis& axis, const Section& section, const Study& study) {
  auto values = axis.values;
  for (const auto& name : section.variants)
    for (const auto& pin : study.variant(name).at)
      if (pin.name == axis.name && std::ranges::find(values, pin.values.front()) == values.end())
        values.push_back(pin.values.front());
  return values;
}

std::vector<std::string> devices_of(const Section& section, const Study& study) {
  auto axis = Axis{"device", {study.defaults.at("device")}};
  const auto found = std::ranges::find(section.axes, axis.name, &Axis::name);
  if (found != section.axes.end()) axis = *found;
  std::vector<std::string> devices;
  for (const auto& value : values_of(axis, section, study)) devices.push_back(label(axis.name, value));
  return devices;
}

std::vector<std::string> axes_of(const Section& section) {
  std::vector<std::string> names;
  for (const auto& axis : section.axes) names.push_back(axis.name);
  return names;
}

}  // namespace ablate
