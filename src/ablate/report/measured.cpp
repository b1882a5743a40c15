#include "ablate/report/measured.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/view.hpp"
#include "ablate/stats/stats.hpp"
#include "ablate/verdict/contrast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ablate {
namespace {

constexpr double pictured_confidence = 0.95, normal_975 = 1.96;

bool is_mean(const std::string& metric) { return metric == "latency" || metric == "latency.mean"; }

bool is_typical(const std::string& metric) {
  return is_mean(metric) || metric == "latency.median" || metric == "latency.device" ||
         metric == "latency.graph" || metric == "latency.launch";
}

}  // namespace

std::optional<Measured> measured(const Record& record, const std::string& metric) {
  const auto value = value_of(record, metric);
  if (!value) return std::nullopt;
  Measured result{*value, {}, {}};
  const auto clock = clock_of(metric);
  if (!clock || !is_typical(metric)) return result;
  const auto& samples = latency_on(record, *clock)->samples;
  const auto ends = record.pairing ? stretches(*record.pairing) : std::vector<std::size_t>{};
  const auto reach = normal_975 * error_of(record, metric);
  const auto interval = is_mean(metric) ? Estimate{*value, *value - reach, *value + reach}
                                        : level(samples, ends, pictured_confidence);
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return result;
  result.low = interval.low;
  result.high = interval.high;
  return result;
}

std::string measured_text(const Record& record, const std::string& metric, const Measured& value) {
  auto text = quantity_text(record, metric, value.value);
  if (!value.low) return text;
  const auto* known = metric_named(metric);
  const auto unit = unit_for(known->unit, {value.value});
  return fmt::format("{}, 95 % interval {:.4g} to {:.4g}", text, *value.low * unit.per_si,
                     *value.high * unit.per_si);
}

std::string axis_title(const std::string& metric, const Unit& unit) {
  static const std::map<std::string, std::string> words{
      {"latency", "mean, host's clock"},          {"latency.mean", "mean, host's clock"},
      {"latency.median", "median, host's clock"}, {"latency.device", "median, device's clock"},
      {"latency.graph", "median, in a graph"},    {"latency.launch", "median cost of launching"}};
  const auto found = words.find(metric);
  const auto* known = metric_named(metric);
  const auto title = found != words.end() ? found->second : known ? known->title : metric;
  return unit.name.empty() ? title : fmt::format("{} ({})", title, unit.name);
}

std::string caption_of(const std::string& metric) {
  const auto clock = clock_of(metric);
  if (!clock || !is_typical(metric)) return axis_title(metric, {});
  if (*clock == Clock::graph) return "in a graph";
  if (*clock == Clock::launch) return "launching";
  return *clock == Clock::host ? "host's clock" : "device's clock";
}

std::vector<std::string> pictured_metrics(const Section& section) {
  static const std::vector<std::string> counts{"params", "buffers",        "macs",
                                               "bytes",  "memory.weights", "memory.activations"};
  std::vector<std::string> metrics;
  std::vector<Clock> clocks;
  for (const auto& metric : section.metrics) {
    const auto clock = clock_of(metric);
    if (clock && is_typical(metric) && std::ranges::find(clocks, *clock) == clocks.end()) {
      clocks.push_back(*clock);
      metrics.push_back(metric);
    }
    if (std::ranges::find(counts, metric) != counts.end()) metrics.push_back(metric);
  }
  return metrics;
}

std::vector<std::string> pictured_metrics(const Section& section, const std::string& device) {
  auto metrics = pictured_metrics(section);
  if (device != "cpu") return metrics;
  bool has_clock = false;
  std::erase_if(
      metrics, [&](const std::string& metric) { return clock_of(metric) && std::exchange(has_clock, true); });
  return metrics;
}

std::vector<std::string> devices_in(const SectionView& view) {
  std::vector<std::string> devices;
  for (const auto& placement : view.placements())
    if (const auto& device = view.cell(placement).device; std::ranges::find(devices, device) == devices.end())
      devices.push_back(device);
  return devices;
}

std::vector<std::string> telling_dimensions(const SectionView& view) {
  std::vector<std::string> dimensions;
  for (const auto& axis : view.section().axes)
    if (axis.name != "device" && view.labels(axis.name).size() > 1) dimensions.push_back(axis.name);
  if (view.labels("variant").size() > 1 || dimensions.empty())
    dimensions.insert(dimensions.begin(), "variant");
  return dimensions;
}

std::string phrase_of(const Place& place, const std::vector<std::string>& dimensions) {
  std::vector<std::string> words;
  for (const auto& dimension : dimensions)
    if (const auto found = place.find(dimension); found != place.end() && !found->second.empty())
      words.push_back(phrase(dimension, found->second));
  return join(words);
}

FigureAxis value_axis(std::string title, const std::vector<double>& values) {
  FigureAxis axis{std::move(title), Scale::linear, {}, {}, true, {}, {}};
  if (values.empty()) return axis;
  const auto [least, most] = std::ranges::minmax(values);
  if (least > 0 && most / least >= 10) {
    axis.scale = Scale::log;
    axis.from_zero = false;
  }
  return axis;
}

}  // namespace ablate
