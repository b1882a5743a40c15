#include "ablate/record/values.hpp"
#include "ablate/report/measured.hpp"
#include "ablate/report/section_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

/// Cells whose samples a picture holds at most.
constexpr std::size_t most_strips = 60;

/// Around the median, in per cent.
std::vector<double> spread_of(const Latency& latency) {
  auto samples = thinned(latency.samples);
  for (auto& sample : samples) sample = 100 * (sample / latency.median - 1);
  return samples;
}

/// What holds nine tenths of each cell's samples; further ones stand as arrows at the edge.
void set_range(FigureAxis& axis, const std::vector<double>& all) {
  auto sorted = all;
  std::ranges::sort(sorted);
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  const auto least = at(0.02), most = at(0.98);
  const auto margin = std::max(0.1 * (most - least), 0.1);
  axis.least = least - margin;
  axis.most = most + margin;
}

Figure spread_figure(const SectionView& view, const std::string& device, const std::string& metric) {
  Figure figure;
  figure.x = {"distance from the cell's median (%)", Scale::linear, {}, {}, false, {}, {}};
  figure.y = {"", Scale::category, {}, {}, false, {}, {}};
  const auto clock = *clock_of(metric);
  const auto dimensions = telling_dimensions(view);
  std::vector<double> all;
  for (const auto& placement : view.placements()) {
    const auto* record = view.record(placement);
    const auto* latency =
        record && view.cell(placement).device == device ? latency_on(*record, clock) : nullptr;
    if (!latency || !(latency->median > 0) || figure.y.categories.size() == most_strips) continue;
    const auto row = static_cast<double>(figure.y.categories.size());
    figure.y.categories.push_back(phrase_of(placement.at, dimensions));
    const auto& variants = view.labels("variant");
    const auto colour = std::ranges::find(variants, placement.at.at("variant")) - variants.begin();
    Series strip{"", Mark::strip, {}, static_cast<int>(colour), 0, false};
    for (const auto value : spread_of(*latency)) {
      strip.points.push_back({value, row, {}, {}, 0, {}, {}, false});
      all.push_back(value);
    }
    figure.series.push_back(std::move(strip));
  }
  if (!all.empty()) set_range(figure.x, all);
  return figure;
}

}  // namespace

std::vector<double> thinned(std::vector<double> samples, std::size_t most) {
  if (samples.size() <= most) return samples;
  std::ranges::sort(samples);
  std::vector<double> kept;
  for (std::size_t i = 0; i < most; ++i) kept.push_back(samples[i * (samples.size() - 1) / (most - 1)]);
  return kept;
}

std::vector<Figure> sample_figures(const SectionView& view) {
  std::vector<Figure> figures;
  for (const auto& device :
       view.labels("device").empty() ? std::vector<std::string>{"cpu", "cuda"} : view.labels("device")) {
    auto metrics = pictured_metrics(view.section(), device);
    std::erase_if(metrics, [](const std::string& metric) { return !clock_of(metric); });
    const auto decides = std::ranges::find(metrics, "latency.device");
    if (metrics.empty()) continue;
    const auto metric = decides == metrics.end() ? metrics.front() : *decides;
    auto figure = spread_figure(view, device, metric);
    if (figure.series.empty()) continue;
    figure.id = figure_id(fmt::format("{}-samples-{}-{}", view.section().id, device, metric));
    figure.title =
        fmt::format("{}, {}: samples, {} clock", view.section().title, device, name(*clock_of(metric)));
    figure.caption = fmt::format("{}, {}", device, caption_of(metric));
    figure.alternative =
        "Each cell's samples as ticks around its median; an arrow stands for what lies beyond the edge.";
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace ablate
