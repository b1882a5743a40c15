#include "ablate/study/layout.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ablate {
namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// What must be placed: dimensions with more than one label, axes before variants. Groups follow from
/// variants.
Names wide_dimensions(const Section& section, const Study& study) {
  Names names;
  for (const auto& axis : section.axes)
    if (values_of(axis, section, study).size() > 1) names.push_back(axis.name);
  if (section.variants.size() > 1) names.emplace_back("variant");
  return names;
}

/// What may be placed along one side.
Names possible_dimensions(const std::string& side, const Section& section) {
  Names names{"variant", "group"};
  std::ranges::copy(axes_of(section), std::back_inserter(names));
  if (side != "split") names.emplace_back("metric");
  if (side == "rows") names.insert(names.end(), {"part", "trait"});
  return names;
}

Names read_side(const Node& table, const std::string& side, const Section& section, Names& placed) {
  Names names;
  const auto given = table.find(side);
  if (!given) return names;
  for (const auto& item : given->items()) {
    auto name = item.one_of(possible_dimensions(side, section));
    if (holds(placed, name))
      item.refuse(fmt::format("\"{}\" a second time", name), "each dimension in one place");
    placed.push_back(name);
    names.push_back(std::move(name));
  }
  return names;
}

/// Puts what the file leaves open: axes down the side and variants across, or all to the side left out.
void fill(Layout& layout, const Names& rest, bool rows_open, bool columns_open, bool has_traits) {
  if (rows_open && has_traits) layout.rows.emplace_back("trait");
  for (const auto& name : rest) {
    const auto down = rows_open && (!columns_open || (name != "variant" && !has_traits));
    (down ? layout.rows : layout.columns).push_back(name);
  }
  if (!rows_open || !columns_open || !layout.rows.empty() || holds(layout.split, "variant")) return;
  std::erase(layout.columns, "variant");
  layout.rows.emplace_back("variant");
}

/// Rows that are not cells but pieces of one: parts carry counts, traits nothing but themselves.
void check_pieces(const Node& where, const Layout& layout, const Section& section) {
  const auto has_traits = holds(section.metrics, "traits");
  if (has_traits && section.metrics.size() > 1)
    where.refuse("\"traits\" beside other metrics", "\"traits\" in a section of its own");
  if (has_traits != holds(layout.rows, "trait"))
    where.refuse(has_traits ? "no row dimension \"trait\" for the metric \"traits\""
                            : "the row dimension \"trait\" without the metric \"traits\"",
                 "the two together");
  const auto counted = [](const auto& name) { return name == "params" || name == "buffers"; };
  if (holds(layout.rows, "part") && !std::ranges::all_of(section.metrics, counted))
    where.refuse(fmt::format("the row dimension \"part\" with the metrics {}", join(section.metrics)),
                 "\"part\" with params and buffers only");
}

}  // namespace

Place read_place(const Node& node, const Section& section, const Known& known, const Names& dimensions) {
  node.allow_only(dimensions);
  Place place;
  for (const auto& [name, value] : node.members()) {
    if (name == "variant") {
      place.emplace(name, value.one_of(section.variants));
      continue;
    }
    const auto& axis = *std::ranges::find(section.axes, name, &Axis::name);
    Names labels;
    for (const auto& known_value : values_of(axis, section, known.study))
      labels.push_back(label(name, known_value));
    const auto chosen = label(name, read_axis_value(value, name, options_set_by(name, section, known)));
    if (!holds(labels, chosen)) value.refuse(choices(chosen, labels));
    place.emplace(name, chosen);
  }
  return place;
}

Place read_baseline(const Node& node, const Section& section, const Known& known) {
  const auto comparable = [](const auto& name) { return metric_named(name)->comparable; };
  if (std::ranges::none_of(section.metrics, comparable))
    node.refuse("no metric of this section can be compared", "no baseline here");
  auto dimensions = axes_of(section);
  dimensions.insert(dimensions.begin(), "variant");
  auto place = read_place(node, section, known, dimensions);
  if (place.empty()) node.refuse("an object with at least one of " + join(dimensions));
  return place;
}

Layout read_table(const Node& section_node, const Section& section, const Known& known) {
  const auto table = section_node.find("table");
  Layout layout;
  Names placed;
  auto rows_open = true, columns_open = true;
  if (table) {
    table->allow_only(keys_of("table"));
    layout.split = read_side(*table, "split", section, placed);
    layout.rows = read_side(*table, "rows", section, placed);
    layout.columns = read_side(*table, "columns", section, placed);
    rows_open = !table->find("rows");
    columns_open = !table->find("columns");
  }
  auto rest = wide_dimensions(section, known.study);
  std::erase_if(rest, [&](const auto& name) { return holds(placed, name); });
  if (!rest.empty() && !rows_open && !columns_open)
    table->refuse(fmt::format("\"{}\" has several labels and no place", rest.front()),
                  "every dimension with several labels in split, rows or columns");
  fill(layout, rest, rows_open, columns_open, holds(section.metrics, "traits"));
  if (!holds(placed, "metric")) layout.columns.emplace_back("metric");
  check_pieces(table ? *table : section_node, layout, section);
  return layout;
}

}  // namespace ablate
