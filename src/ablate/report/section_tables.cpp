#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/effects.hpp"
#include "ablate/report/items.hpp"
#include "ablate/report/layout.hpp"
#include "ablate/report/notes.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

using Placements = std::vector<const Placement*>;

/// Dimensions of a layout as one table uses them.
struct Dimensions {
  std::vector<std::string> split, rows, columns;

  bool have(const char* name) const { return contains(rows, name) || contains(columns, name); }
  std::vector<std::string> all() const {
    auto names = split;
    names.insert(names.end(), rows.begin(), rows.end());
    names.insert(names.end(), columns.begin(), columns.end());
    return names;
  }
};

/// Metrics stand innermost across where the study does not say. Dimensions without labels, such as a group
/// that no variant has, leave no trace.
Dimensions dimensions_of(const SectionView& view) {
  const auto& layout = view.section().table;
  Dimensions dimensions{layout.split, layout.rows, layout.columns};
  for (auto* names : {&dimensions.split, &dimensions.rows, &dimensions.columns})
    std::erase_if(*names, [&](const std::string& name) {
      if (name == "metric" || name == "part" || name == "trait") return false;
      const auto& labels = view.labels(name);
      return labels.empty() || (name == "group" && labels.size() == 1 && labels.front().empty());
    });
  if (!dimensions.have("metric")) dimensions.columns.emplace_back("metric");
  return dimensions;
}

/// "DWBlock train".
std::string baseline_name(const Place& baseline) {
  std::vector<std::string> labels;
  for (const auto& [dimension, label] : baseline)
    labels.insert(dimension == "variant" ? labels.begin() : labels.end(), label);
  return join(labels, " ");
}

/// The section's metrics, then how each comparable one lies to the baseline.
std::vector<Shown> shown_metrics(const Section& section) {
  std::vector<Shown> shown, versus;
  for (const auto& name : section.metrics) {
    const auto* metric = metric_named(name);
    if (!metric) continue;
    shown.push_back({metric->name, metric->title, metric->unit, false, name != "traits"});
    // "latency" shows the mean: beside "latency.mean" it would be compared twice.
    const bool twice = name == "latency" && contains(section.metrics, "latency.mean");
    if (section.baseline && metric->comparable && !twice)
      versus.push_back({metric->name, metric->title, "", true, true});
  }
  for (auto& each : versus) {
    const auto what = versus.size() > 1 ? each.title + " " : std::string();
    each.title = fmt::format("{}vs {}", what, baseline_name(*section.baseline));
  }
  shown.insert(shown.end(), versus.begin(), versus.end());
  return shown;
}

bool contains_metric(const std::vector<Shown>& shown, std::string_view metric) {
  return std::ranges::any_of(shown, [&](const Shown& each) { return each.metric == metric; });
}

/// On the CPU there is one clock: what the others would repeat is left out.
std::vector<Shown> on_one_clock(std::vector<Shown> shown) {
  const auto on_host = [](const Shown& each) { return clock_of(each.metric) == Clock::host; };
  const bool has_host = std::ranges::any_of(shown, on_host);
  const bool has_device = contains_metric(shown, "latency.device");
  const bool has_graph = contains_metric(shown, "latency.graph");
  std::erase_if(shown, [&](const Shown& each) {
    return each.metric == "latency.launch_ratio" || (each.metric == "latency.device" && has_host) ||
           (each.metric == "latency.graph" && (has_host || has_device)) ||
           (each.metric == "latency.launch" && (has_host || has_device || has_graph));
  });
  return shown;
}

class TableMaker {
 public:
  TableMaker(const SectionView& view, Dimensions dimensions, const Line& split, const Contrasts& contrasts)
      : view_(view), dimensions_(std::move(dimensions)), split_(split), contrasts_(contrasts) {
    for (const auto& placement : view.placements())
      if (includes(placement.at, split.place)) placements_.push_back(&placement);
    for (const auto* placement : placements_)
      by_place_.emplace(project(placement->at, dimensions_.all()), placement);
    extras_ = dimensions_.have("trait")  ? trait_extras(view, placements_)
              : dimensions_.have("part") ? part_extras(view, placements_)
                                         : Extras{shown_here(), {}, {}};
    units_ = units_of(view, placements_, extras_.shown);
  }

  Table make() const {
    const auto rows = expand(view_, placements_, dimensions_.rows, extras_);
    const auto columns = columns_worth_showing(rows);
    Table table{view_.section().id, title(), {}, {}, {}};
    for (const auto& dimension : dimensions_.rows) table.columns.push_back({dimension, "", "", false});
    for (const auto& column : columns) table.columns.push_back(head(column));
    for (const auto& row : rows) {
      auto cells = row_labels(row);
      for (const auto& column : columns) cells.push_back(cell(row, column));
      table.rows.push_back(std::move(cells));
    }
    table.notes = notes(has_values(table));
    return table;
  }

 private:
  std::vector<Shown> shown_here() const {
    auto shown = shown_metrics(view_.section());
    const auto on_cpu = [&](const Placement* placement) { return view_.cell(*placement).device == "cpu"; };
    return std::ranges::all_of(placements_, on_cpu) ? on_one_clock(std::move(shown)) : shown;
  }

  /// A column of nothing but "baseline" says nothing.
  std::vector<Line> columns_worth_showing(const std::vector<Line>& rows) const {
    auto columns = expand(view_, placements_, dimensions_.columns, extras_);
    std::erase_if(columns, [&](const Line& column) {
      return column.shown && column.shown->versus && std::ranges::all_of(rows, [&](const Line& row) {
               const auto* placement = find(row, column);
               return !placement || view_.find(placement->at, *view_.section().baseline) == placement;
             });
    });
    return columns;
  }

  const Placement* find(const Line& row, const Line& column) const {
    auto place = split_.place;
    place.insert(row.place.begin(), row.place.end());
    place.insert(column.place.begin(), column.place.end());
    const auto found = by_place_.find(place);
    return found == by_place_.end() ? nullptr : found->second;
  }

  TableCell cell(const Line& row, const Line& column) const {
    const auto* placement = find(row, column);
    if (!placement) return {"—", {}, {}};
    const auto& shown = row.shown ? *row.shown : *column.shown;
    const auto& item = row.item.empty() ? column.item : row.item;
    const auto* record = view_.record(*placement);
    if (!item.empty() || shown.metric == "traits") {
      if (!record) return {placeholder(record), {}, view_.cell(*placement).id};
      if (item.empty()) return traits_cell(*record);
      return dimensions_.have("trait") ? trait_cell(*record, item) : part_cell(*record, item, shown);
    }
    return shown.versus ? versus_cell(view_, *placement, shown, contrasts_)
                        : number_cell(view_, *placement, shown, units_);
  }

  /// "median (µs)".
  std::string title_of(const Shown& shown) const {
    const auto& unit = shown.versus ? std::string() : units_.at(shown.unit).name;
    return unit.empty() ? shown.title : fmt::format("{} ({})", shown.title, unit);
  }

  /// A lone metric needs no name where other labels tell the columns apart: "DWBlock (µs)".
  TableColumn head(const Line& column) const {
    const auto told = [](const Shown& shown) { return !shown.versus && !shown.title.empty(); };
    const bool alone = std::ranges::count_if(extras_.shown, told) == 1 && dimensions_.columns.size() > 1;
    std::vector<std::string> words;
    for (const auto& dimension : column.dimensions) {
      if (dimension == "metric" && !(alone && !column.shown->versus)) words.push_back(column.shown->title);
      if (dimension == "part" || dimension == "trait") words.push_back(column.item);
      if (const auto label = column.place.find(dimension); label != column.place.end())
        words.push_back(dimension == "variant" || dimension == "form" ? label->second
                                                                      : phrase(dimension, label->second));
    }
    std::erase(words, std::string());
    if (!column.shown) return {join(words, " "), std::string(metric_by_row), "", true};
    const auto& unit = column.shown->versus ? std::string() : units_.at(column.shown->unit).name;
    if (!unit.empty()) words.push_back(fmt::format("({})", unit));
    return {join(words, " "), column.shown->name(), column.shown->unit, column.shown->numeric};
  }

  std::vector<TableCell> row_labels(const Line& row) const {
    std::vector<TableCell> cells;
    for (const auto& dimension : row.dimensions) {
      if (dimension == "metric")
        cells.push_back({title_of(*row.shown), row.shown->name(), {}});
      else if (dimension == "part" || dimension == "trait")
        cells.push_back({row.item, row.item, {}});
      else
        cells.push_back({row.place.at(dimension), row.place.at(dimension), {}});
    }
    return cells;
  }

  std::string title() const {
    std::vector<std::string> labels;
    for (const auto& dimension : split_.dimensions)
      labels.push_back(phrase(dimension, split_.place.at(dimension)));
    const auto& title = view_.section().title;
    return labels.empty() ? title : fmt::format("{}: {}", title, join(labels));
  }

  std::vector<std::string> notes(bool with_values) const {
    if (!with_values) return absences(view_, placements_);
    std::vector<std::string> lines;
    if (!view_.section().note.empty()) lines.push_back(view_.section().note);
    auto line = conditions(view_, placements_, dimensions_.all());
    if (!line.empty()) lines.push_back(std::move(line));
    for (auto& line : matches(view_, placements_)) lines.push_back(std::move(line));
    for (auto& line : fallbacks(view_, placements_)) lines.push_back(std::move(line));
    for (auto& line : absences(view_, placements_)) lines.push_back(std::move(line));
    return lines;
  }

  const SectionView& view_;
  Dimensions dimensions_;
  const Line& split_;
  const Contrasts& contrasts_;
  Placements placements_;
  std::map<Place, const Placement*> by_place_;
  Extras extras_;
  Units units_;
};

}  // namespace

bool has_values(const Table& table) {
  return std::ranges::any_of(table.rows, [&](const std::vector<TableCell>& row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!table.columns[i].metric.empty() && row[i].value.index() != 0) return true;
    return false;
  });
}

std::vector<Table> section_tables(const Study& study, const Plan& plan, const PlannedSection& section,
                                  const Records& records) {
  const SectionView view(study, plan, section, records);
  const auto dimensions = dimensions_of(view);
  Placements placements;
  for (const auto& placement : section.placements) placements.push_back(&placement);
  const auto splits = expand(view, placements, dimensions.split, {});
  std::vector<Table> tables;
  if (placements.empty()) return tables;
  const Contrasts contrasts(records);
  for (const auto& split : splits) tables.push_back(TableMaker(view, dimensions, split, contrasts).make());
  for (auto& effects : effects_tables(study, plan, section, records)) tables.push_back(std::move(effects));
  return tables;
}

}  // namespace ablate
