#include "ablate/study/references.hpp"

#include "ablate/base/text.hpp"

#include <algorithm>

namespace ablate {
namespace {

using Names = std::vector<std::string>;

/// Names of the metrics that every cell of the section has as a number.
template <typename Suits>
Names metrics_of(const Section& section, Suits suits) {
  Names names;
  for (const auto& metric : metrics())
    if (metric.name != "traits" && (!metric.timed || !section.protocols.empty()) && suits(metric))
      names.push_back(metric.name);
  return names;
}

}  // namespace

const Section& read_section_of(const Node& node, const Known& known) {
  Names ids;
  for (const auto& section : known.study.sections) ids.push_back(section.id);
  return known.study.section(node.need("section", choices("", ids)).one_of(ids));
}

std::string read_metric(const Node& node, const Section& section) {
  const auto names = metrics_of(section, [](const Metric&) { return true; });
  return node.need("metric", choices("", names)).one_of(names);
}

std::vector<std::string> comparable_metrics(const Section& section) {
  return metrics_of(section, [](const Metric& metric) { return metric.comparable; });
}

std::string read_ordered_axis(const Node& node, const Section& section, const Known& known) {
  Names names;
  for (const auto& axis : section.axes) {
    const auto& first = axis.values.front();
    const auto* option = std::get_if<OptionValue>(&first);
    const auto ordered =
        std::holds_alternative<Channels>(first) || std::holds_alternative<Resolution>(first) ||
        (option && !std::holds_alternative<bool>(*option) && !std::holds_alternative<std::string>(*option));
    if (ordered && values_of(axis, section, known.study).size() > 1) names.push_back(axis.name);
  }
  if (names.empty()) node.refuse("no axis of numbers in section " + section.id, "a section that sweeps one");
  return node.need("axis", choices("", names)).one_of(names);
}

std::vector<std::string> labels_of(const std::string& axis, const Section& section, const Known& known) {
  Names labels;
  for (const auto& value :
       values_of(*std::ranges::find(section.axes, axis, &Axis::name), section, known.study))
    labels.push_back(label(axis, value));
  return labels;
}

}  // namespace ablate
