#include "ablate/report/measured.hpp"
#include "ablate/report/section_figures.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/verdict/sums.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// Wholes, parts and residuals of one metric at one place, each in a row of its own.
class Waterfall {
 public:
  Waterfall(const Records& records, const Unit& unit) : records_(records), unit_(unit) {
    whole_.name = "whole";
    parts_.name = "its parts, one behind the other";
    open_.name = "unaccounted";
    for (auto* series : {&whole_, &parts_, &open_}) series->mark = Mark::bars;
    open_.colour = 5;
    open_.faint = true;
  }

  void add(const Residual& residual) {
    const auto& metric = residual.metric;
    put(whole_, residual.sum.whole, 0, *residual.whole, residual.grounds.front().cell, metric);
    double reached = 0;
    for (std::size_t i = 0; i < residual.sum.parts.size() && i + 1 < residual.grounds.size(); ++i) {
      const auto& cell = residual.grounds[i + 1].cell;
      const auto record = records_.find(cell);
      const auto value = record == records_.end() ? std::nullopt : value_of(record->second, metric);
      if (!value) continue;
      put(parts_, "   " + residual.sum.parts[i], reached, {*value, *value, *value}, cell, metric);
      reached += *value;
    }
    put(open_, "   unaccounted", reached, *residual.residual, "", metric);
  }

  Figure figure() && {
    Figure figure;
    figure.y = {"", Scale::category, std::move(rows_), {}, false, {}, {}};
    figure.series = {std::move(whole_), std::move(parts_), std::move(open_)};
    return figure;
  }

 private:
  void put(Series& series, const std::string& name, double base, const Estimate& value,
           const std::string& cell, const std::string& metric) {
    FigurePoint point{(base + value.value) * unit_.per_si,
                      static_cast<double>(rows_.size()),
                      {},
                      {},
                      base * unit_.per_si,
                      {},
                      cell,
                      false};
    if (value.low < value.high) {
      point.low = (base + value.low) * unit_.per_si;
      point.high = (base + value.high) * unit_.per_si;
    }
    const auto first = name.find_first_not_of(' ');
    point.text = fmt::format("{}: {:.4g} {}", name.substr(first), value.value * unit_.per_si,
                             unit_.name.empty() ? metric : unit_.name);
    series.points.push_back(std::move(point));
    rows_.push_back(name);
  }

  const Records& records_;
  const Unit& unit_;
  std::vector<std::string> rows_;
  Series whole_, parts_, open_;
};

struct Together {
  std::string metric;
  Place place;
  std::vector<Residual> residuals;
};

/// Those with numbers, by metric and place.
std::vector<Together> by_picture(std::vector<Residual> residuals) {
  std::vector<Together> pictures;
  for (auto& residual : residuals) {
    if (!residual.whole || !residual.residual || residual.grounds.empty()) continue;
    auto found = std::ranges::find_if(pictures, [&](const Together& each) {
      return each.metric == residual.metric && each.place == residual.place;
    });
    if (found == pictures.end())
      found = pictures.insert(pictures.end(), {residual.metric, residual.place, {}});
    found->residuals.push_back(std::move(residual));
  }
  return pictures;
}

}  // namespace

std::vector<Figure> sum_figures(const Study& study, const Plan& plan, const PlannedSection& section,
                                const Records& records) {
  std::vector<Figure> figures;
  const auto pictures = by_picture(residuals(study, plan, section, records));
  const SectionView view(study, plan, section, records);
  std::vector<Place> places;
  for (const auto& picture : pictures) places.push_back(picture.place);
  const auto dimensions = varying(view.section(), places);
  for (const auto& picture : pictures) {
    const auto device = picture.place.find("device");
    const auto metrics = device == picture.place.end() ? pictured_metrics(view.section())
                                                       : pictured_metrics(view.section(), device->second);
    if (std::ranges::find(metrics, picture.metric) == metrics.end()) continue;
    std::vector<double> values;
    for (const auto& residual : picture.residuals) values.push_back(residual.whole->value);
    const auto unit = unit_for(metric_named(picture.metric)->unit, values);
    Waterfall waterfall(records, unit);
    for (const auto& residual : picture.residuals) waterfall.add(residual);
    auto figure = std::move(waterfall).figure();
    const auto where = phrase_of(picture.place, dimensions);
    figure.id = figure_id(fmt::format("{}-sums-{}-{}", view.section().id, where, picture.metric));
    figure.title = fmt::format("{}{}: the parts against the whole", view.section().title,
                               where.empty() ? "" : ", " + where);
    figure.caption = fmt::format("{}{}: the parts against the whole", where.empty() ? "" : where + ", ",
                                 caption_of(picture.metric));
    figure.alternative =
        "For each whole a bar, below it its parts, each beginning where the one before ends, and what "
        "they leave open; the numbers are in the section's tables.";
    figure.x = {axis_title(picture.metric, unit), Scale::linear, {}, {}, true, {}, {}};
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace ablate
