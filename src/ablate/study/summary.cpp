#include "ablate/study/summary.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/keys.hpp"
#include "ablate/study/references.hpp"

namespace ablate {
namespace {

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
    const auto& section = read_section_of(item, known);
    summary.rankings.push_back({section.id, read_metric(item, section)});
  }
  for (const auto& item : items_of(*node, "crossovers")) {
    item.allow_only(keys_of("crossover"));
    const auto& section = read_section_of(item, known);
    auto axis = read_ordered_axis(item, section, known);
    summary.crossovers.push_back({section.id, std::move(axis), read_metric(item, section)});
  }
  for (const auto& item : items_of(*node, "pareto")) {
    item.allow_only(keys_of("pareto"));
    const auto& section = read_section_of(item, known);
    const auto names = comparable_metrics(section);
    auto metrics = item.need("metrics", choices("", names)).some_of(names);
    summary.fronts.push_back({section.id, std::move(metrics)});
  }
  return summary;
}

}  // namespace ablate
