#include "ablate/report/measured.hpp"
#include "ablate/report/section_figures.hpp"

#include "ablate/verdict/effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

FigurePoint effect_point(const EffectSize& size, const std::string& name, double row, const Unit& unit) {
  const auto& estimate = size.estimate;
  FigurePoint point{estimate.value * unit.per_si, row, {}, {}, 0, {}, {}, size.within_noise};
  if (estimate.low < estimate.high && std::isfinite(estimate.low) && std::isfinite(estimate.high)) {
    point.low = estimate.low * unit.per_si;
    point.high = estimate.high * unit.per_si;
  }
  point.text =
      fmt::format("{}: {:+.4g} {}{}", name, point.x, unit.name, size.within_noise ? ", within noise" : "");
  return point;
}

Figure effect_figure(const FactorialAnalysis& analysis, const MetricEffects& effects) {
  const auto unit = unit_for(metric_named(effects.metric)->unit, {std::abs(effects.reference)});
  Figure figure;
  figure.y = {"", Scale::category, {}, {}, false, {}, {}};
  Series points{"", Mark::points, {}, 0, 0, false}, zero{"", Mark::rule, {}, -1, 1, true};
  for (std::size_t i = 0; i < analysis.effects.size(); ++i) {
    figure.y.categories.push_back(name_of(analysis.effects[i], analysis.design));
    points.points.push_back(
        effect_point(effects.sizes[i], figure.y.categories.back(), static_cast<double>(i), unit));
  }
  const auto last = static_cast<double>(analysis.effects.size()) - 0.5;
  zero.points = {{0, -0.5, {}, {}, 0, {}, {}, false}, {0, last, {}, {}, 0, {}, {}, false}};
  figure.x = {"change of " + axis_title(effects.metric, unit), Scale::linear, {}, {}, false, {}, {}};
  figure.series = {std::move(zero), std::move(points)};
  return figure;
}

}  // namespace

std::vector<Figure> effect_figures(const Study& study, const Plan& plan, const PlannedSection& planned,
                                   const Records& records) {
  std::vector<Figure> figures;
  const auto& section = study.sections.at(planned.section);
  for (const auto& analysis : factorial_analyses(study, plan, planned, records)) {
    std::vector<std::string> dimensions{"variant"};
    for (const auto& axis : section.axes)
      if (analysis.place.contains(axis.name) && planned.labels.at(axis.name).size() > 1)
        dimensions.push_back(axis.name);
    const auto where = phrase_of(analysis.place, dimensions);
    const auto device = analysis.place.find("device");
    const auto metrics = pictured_metrics(section, device == analysis.place.end() ? "" : device->second);
    for (const auto& effects : analysis.metrics) {
      if (std::ranges::find(metrics, effects.metric) == metrics.end()) continue;
      auto figure = effect_figure(analysis, effects);
      figure.id = figure_id(fmt::format("{}-effects-{}-{}", section.id, where, effects.metric));
      figure.title = fmt::format("{}: effects, {}, {}", section.title, where, caption_of(effects.metric));
      figure.caption = fmt::format("effects, {}, {}", where, caption_of(effects.metric));
      figure.alternative =
          "What each option changes, with its 95 % interval; open markers are within noise. The numbers "
          "are in the section's tables.";
      figures.push_back(std::move(figure));
    }
  }
  return figures;
}

}  // namespace ablate
