#include "ablate/report/measured.hpp"
#include "ablate/report/section_figures.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// The cells of a device under each other.
struct Rows {
  std::vector<std::string> labels;
  std::vector<const Record*> records;
};

Rows rows_of(const SectionView& view, const std::string& device, const std::string& metric) {
  Rows rows;
  const auto dimensions = telling_dimensions(view);
  for (const auto& placement : view.placements()) {
    const auto* record = view.record(placement);
    if (!record || (!device.empty() && view.cell(placement).device != device)) continue;
    auto label = phrase_of(placement.at, dimensions);
    if (!value_of(*record, metric) || std::ranges::find(rows.labels, label) != rows.labels.end()) continue;
    rows.labels.push_back(std::move(label));
    rows.records.push_back(record);
  }
  return rows;
}

std::vector<double> values_on(const Rows& rows, const std::vector<std::string>& metrics) {
  std::vector<double> values;
  for (const auto& metric : metrics)
    for (const auto* record : rows.records)
      if (const auto value = value_of(*record, metric)) values.push_back(*value);
  return values;
}

Series series_of(const Rows& rows, const std::string& metric, const Unit& unit, Mark mark) {
  Series series{"", mark, {}, {}, 0, false};
  for (std::size_t i = 0; i < rows.records.size(); ++i) {
    const auto value = measured(*rows.records[i], metric);
    if (!value) continue;
    FigurePoint point{value->value * unit.per_si, static_cast<double>(i), {}, {}, 0, {}, {}, false};
    if (value->low) point.low = *value->low * unit.per_si;
    if (value->high) point.high = *value->high * unit.per_si;
    point.text = fmt::format("{}, {}: {}", rows.labels[i], axis_title(metric, {}),
                             measured_text(*rows.records[i], metric, *value));
    point.cell = rows.records[i]->cell.id;
    series.points.push_back(std::move(point));
  }
  return series;
}

/// Bars that nobody could tell apart.
bool nearly_equal(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  return most - least < 0.03 * most;
}

/// `metrics` have one unit, and each a series.
std::optional<Figure> draw_rows(const SectionView& view, const std::string& device,
                                const std::vector<std::string>& metrics, Mark mark) {
  if (metrics.empty()) return std::nullopt;
  const auto rows = rows_of(view, device, metrics.front());
  if (rows.labels.size() < 2) return std::nullopt;
  auto values = values_on(rows, metrics);
  const auto unit = unit_for(metric_named(metrics.front())->unit, values);
  if (mark == Mark::bars && nearly_equal(values)) return std::nullopt;
  for (auto& value : values) value *= unit.per_si;
  Figure figure;
  const auto& section = view.section();
  const auto what =
      metrics.size() > 1 ? fmt::format("time of a call ({})", unit.name) : axis_title(metrics.front(), unit);
  figure.id =
      figure_id(fmt::format("{}-{}-{}", section.id, device, metrics.size() > 1 ? "clocks" : metrics.front()));
  figure.title = fmt::format("{}{}: {}", section.title, device.empty() ? "" : ", " + device, what);
  const auto kind = metrics.size() > 1 ? std::string("all clocks") : caption_of(metrics.front());
  figure.caption = device.empty() ? kind : fmt::format("{}, {}", device, kind);
  figure.alternative =
      fmt::format("{} of {}; the numbers are in the section's tables.", what, join(rows.labels));
  figure.x =
      mark == Mark::bars ? FigureAxis{what, Scale::linear, {}, {}, true, {}, {}} : value_axis(what, values);
  figure.y = {"", Scale::category, rows.labels, {}, false, {}, {}};
  for (const auto& metric : metrics) {
    figure.series.push_back(series_of(rows, metric, unit, mark));
    if (metrics.size() > 1) figure.series.back().name = caption_of(metric);
  }
  return figure;
}

void add_figure(std::vector<Figure>& figures, std::optional<Figure> figure) {
  if (figure) figures.push_back(std::move(*figure));
}

}  // namespace

std::vector<Figure> dot_figures(const SectionView& view) {
  std::vector<Figure> figures;
  for (const auto& device : devices_in(view)) {
    auto clocks = pictured_metrics(view.section(), device);
    std::erase_if(clocks, [](const std::string& metric) { return !clock_of(metric); });
    add_figure(figures, draw_rows(view, device, clocks, Mark::points));
    for (const auto& metric : pictured_metrics(view.section()))
      if (metric.starts_with("memory.")) add_figure(figures, draw_rows(view, device, {metric}, Mark::bars));
  }
  if (view.section().factorial) return figures;  // the effects say it better
  for (const auto& metric : pictured_metrics(view.section()))
    if (!metric_named(metric)->timed) add_figure(figures, draw_rows(view, "", {metric}, Mark::bars));
  return figures;
}

}  // namespace ablate
