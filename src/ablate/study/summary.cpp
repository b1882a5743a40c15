#include "ablate/study/summary.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

using Names = std::vector<std::string>;

const Section& read_section(const Node& node, const Known& known) {
  Names ids;
  for (const auto& section : known.study.sections) ids.push_back(section.id);
  return known.study.section(node.need("section", choices("", ids)).one_of(ids));
}

/// A number that every cell of the section has: counts always, times where the section times.
std::string read_metric(const Node& node, const Section& section) {
  Names names;
  for (const auto& metric : metrics())
    if (metric.name != "traits" && (!metric.timed || !section.protocols.empty()))
      names.push_back(metric.name);
  return node.need("metric", choices("", names)).one_of(names);
}

/// Numbers in their order: one can cross along them.
std::string read_crossed_axis(const Node& node, const Section& section, const Known& known) {
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

Finding read_untested(const Node& node, std::string text) {
  for (const auto& [key, value] : node.members())
    if (key != "text" && key != "untested")
      value.refuse(fmt::format("\"{}\" in a finding that is not tested", key), "text and untested only");
  Finding finding;
  finding.text = std::move(text);
  finding.untested = node.need("untested", "the reason").text();
  return finding;
}

Finding read_finding(const Node& node, const Known& known) {
  node.allow_only(keys_of("finding"));
  auto text = node.need("text", "the statement").text();
  if (node.find("untested")) return read_untested(node, std::move(text));
  Finding finding;
  finding.text = std::move(text);
  const auto& section = read_section(node, known);
  finding.section = section.id;
  finding.metric = read_metric(node, section);
  finding.variant = node.need("variant", choices("", section.variants)).one_of(section.variants);
  const Names relations{"highest", "lowest", "between", "above", "below"};
  finding.is = node.need("is", choices("", relations)).one_of(relations);
  const auto needs_other = finding.is == "above" || finding.is == "below";
  auto others = section.variants;
  std::erase(others, finding.variant);
  if (needs_other)
    finding.other = node.need("other", choices("", others)).one_of(others);
  else if (const auto other = node.find("other"))
    other->refuse(fmt::format("\"other\" beside \"{}\"", finding.is), "\"other\" with above and below only");
  if (const auto where = node.find("where"))
    finding.where = read_place(*where, section, known, axes_of(section));
  return finding;
}

/// The elements of a list that may be left out.
std::vector<Node> items_of(const Node& node, const std::string& key) {
  const auto found = node.find(key);
  return found ? found->items() : std::vector<Node>{};
}

}  // namespace

std::optional<Summary> read_summary(const Node& study, const Known& known) {
  const auto node = study.find("summary");
  if (!node) return std::nullopt;
  node->allow_only(keys_of("summary"));
  Summary summary;
  summary.title = "Summary";
  if (const auto title = node->find("title")) summary.title = title->text();
  for (const auto& item : items_of(*node, "rankings")) {
    item.allow_only(keys_of("ranking"));
    const auto& section = read_section(item, known);
    summary.rankings.push_back({section.id, read_metric(item, section)});
  }
  for (const auto& item : items_of(*node, "crossovers")) {
    item.allow_only(keys_of("crossover"));
    const auto& section = read_section(item, known);
    auto axis = read_crossed_axis(item, section, known);
    summary.crossovers.push_back({section.id, std::move(axis), read_metric(item, section)});
  }
  for (const auto& item : items_of(*node, "findings")) summary.findings.push_back(read_finding(item, known));
  return summary;
}

}  // namespace ablate
