#include "ablate/report/measured.hpp"
#include "ablate/report/pareto.hpp"
#include "ablate/report/section_figures.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// The values of a metric on all standees, and the unit that fits them.
struct FrontScale {
  std::vector<double> values;
  Unit unit;
};

FrontScale scale_of(const std::vector<FrontAt>& fronts, const std::string& metric) {
  FrontScale scale;
  for (const auto& at : fronts)
    for (const auto& standee : at.standees) scale.values.push_back(*value_of(*standee.record, metric));
  scale.unit = unit_for(metric_named(metric)->unit, scale.values);
  for (auto& value : scale.values) value *= scale.unit.per_si;
  return scale;
}

FigurePoint standee_point(const Standee& standee, const Place& place,
                          const std::vector<std::string>& dimensions, const Pareto& front,
                          const FrontScale& x, const FrontScale& y) {
  const auto& record = *standee.record;
  const auto across = *value_of(record, front.metrics[0]);
  const auto up = *measured(record, front.metrics[1]);
  const auto stands =
      standee.beaten_by.empty() ? std::string("on the front") : "beaten by " + join(standee.beaten_by);
  const auto where = phrase_of(place, dimensions);
  FigurePoint point{across * x.unit.per_si, up.value * y.unit.per_si,  {}, {}, 0, {},
                    record.cell.id,         !standee.beaten_by.empty()};
  if (up.low) point.low = *up.low * y.unit.per_si;
  if (up.high) point.high = *up.high * y.unit.per_si;
  point.text = fmt::format("{}{}: {}", standee.variant, where.empty() ? "" : ", " + where, stands);
  return point;
}

Figure front_figure(const SectionView& view, const std::vector<FrontAt>& fronts, const Pareto& front,
                    const std::string& device) {
  const auto x = scale_of(fronts, front.metrics[0]), y = scale_of(fronts, front.metrics[1]);
  std::vector<Place> places;
  for (const auto& at : fronts) places.push_back(at.place);
  const auto dimensions = varying(view.section(), places);
  Figure figure;
  for (const auto& variant : view.labels("variant")) {
    Series series{variant, Mark::points, {}, {}, 0, false};
    for (const auto& at : fronts)
      for (const auto& standee : at.standees)
        if (standee.variant == variant)
          series.points.push_back(standee_point(standee, at.place, dimensions, front, x, y));
    figure.series.push_back(std::move(series));
  }
  const auto x_title = axis_title(front.metrics[0], x.unit), y_title = axis_title(front.metrics[1], y.unit);
  figure.id = figure_id(fmt::format("{}-front-{}-{}", view.section().id, device, join(front.metrics, "-")));
  figure.title = fmt::format("{}{}: best by {} together", view.section().title,
                             device.empty() ? "" : ", " + device, join(front.metrics, " and "));
  figure.caption = fmt::format("{}{}: Pareto front of {} and {}", view.section().title,
                               device.empty() ? "" : ", " + device, caption_of(front.metrics[0]),
                               caption_of(front.metrics[1]));
  figure.alternative =
      "Filled markers are variants that no other beats at their point; open ones are beaten. The "
      "fronts are in the summary's table.";
  figure.x = value_axis(x_title, x.values);
  figure.y = value_axis(y_title, y.values);
  return figure;
}

}  // namespace

std::vector<Figure> pareto_figures(const Study& study, const Plan& plan, const Records& records) {
  std::vector<Figure> figures;
  if (!study.summary) return figures;
  for (const auto& front : study.summary->fronts) {
    const auto* planned = planned_section(study, plan, front.section);
    if (!planned || front.metrics.size() != 2) continue;
    const SectionView view(study, plan, *planned, records);
    std::map<std::string, std::vector<FrontAt>> by_device;
    for (auto& at : fronts_of(view, records, front)) {
      const auto device = at.place.find("device");
      by_device[device == at.place.end() ? "" : device->second].push_back(std::move(at));
    }
    for (const auto& [device, fronts] : by_device)
      figures.push_back(front_figure(view, fronts, front, device));
  }
  return figures;
}

}  // namespace ablate
