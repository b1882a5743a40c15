#include "ablate/report/numbers.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ablate {
namespace {

std::string time_text(const Record& record, const std::string& metric, double value, const Unit& unit) {
  const auto error = error_of(record, metric) * unit.per_si;
  const bool spread = metric == "latency" || metric == "latency.std";
  // A spread stands beside its mean, and is known no better than it.
  const auto decimals = decimals_for((spread ? record.latency->mean : value) * unit.per_si, error);
  const auto text = rounded(value * unit.per_si, decimals);
  if (metric != "latency") return text;
  return fmt::format("{} ± {}", text, rounded(record.latency->std * unit.per_si, decimals));
}

double relative_error(const Record& record, const std::string& metric, double value) {
  return value == 0 ? 0 : error_of(record, metric) / value;
}

TableCell paired_cell(const Contrast& contrast, const std::string& id) {
  constexpr double confidence = 0.95;
  const auto ratio = contrast.ratio(confidence);
  const bool differs =
      (ratio.low > 1 || ratio.high < 1) && std::abs(std::log(ratio.value)) > contrast.floor();
  auto text = as_percent(ratio.value - 1, (ratio.high - ratio.low) / 2);
  if (!differs) text += " (noise)";
  return {std::move(text), ratio.value - 1, id};
}

}  // namespace

Units units_of(const SectionView& view, const std::vector<const Placement*>& placements,
               const std::vector<Shown>& shown) {
  std::map<std::string, std::vector<double>> values, spreads;
  for (const auto& each : shown)
    for (const auto* placement : placements)
      if (const auto* record = view.record(*placement); record && !each.versus)
        if (const auto value = value_of(*record, each.metric))
          (each.metric == "latency.std" ? spreads : values)[each.unit].push_back(*value);
  Units units;
  for (const auto& each : shown) {
    const auto& deciding = values[each.unit].empty() ? spreads[each.unit] : values[each.unit];
    units[each.unit] = unit_for(each.unit, deciding);
  }
  return units;
}

std::string number_text(const Record& record, const std::string& metric, double value, const Unit& unit) {
  const auto* known = metric_named(metric);
  const auto kind = known ? known->unit : std::string();
  if (kind == "s") return time_text(record, metric, value, unit);
  if (metric == "error") return fmt::format("{:.1e}", value);
  if (metric == "latency.launch_ratio")
    return fmt::format("{:.2f}{}", value, value >= launch_bound_ratio ? " launch-bound" : "");
  if (metric == "page_faults") return fmt::format("{:.2f}", value);
  if (kind.empty()) return with_thousands(std::llround(value));
  if (kind == "%") return fmt::format("{:.1f}", value * unit.per_si);
  return unit.name == "B" ? with_thousands(std::llround(value))
                          : rounded(value * unit.per_si, std::max(0, decimals_for(value * unit.per_si, 0)));
}

std::string quantity_text(const Record& record, const std::string& metric, double value) {
  const auto* known = metric_named(metric);
  const auto unit = unit_for(known ? known->unit : "", {value});
  return number_text(record, metric, value, unit) + (unit.name.empty() ? "" : " " + unit.name);
}

TableCell number_cell(const SectionView& view, const Placement& placement, const Shown& shown,
                      const Units& units) {
  const auto* record = view.record(placement);
  const auto value = record ? value_of(*record, shown.metric) : std::nullopt;
  const auto& id = view.cell(placement).id;
  if (!value) return {placeholder(record), {}, id};
  return {number_text(*record, shown.metric, *value, units.at(shown.unit)), *value, id};
}

TableCell versus_cell(const SectionView& view, const Placement& placement, const Shown& shown,
                      const Contrasts& contrasts) {
  const auto* record = view.record(placement);
  const auto value = record ? value_of(*record, shown.metric) : std::nullopt;
  const auto& id = view.cell(placement).id;
  if (!value) return {placeholder(record), {}, id};
  const auto* baseline = view.find(placement.at, *view.section().baseline);
  if (baseline == &placement) return {"baseline", 0.0, id};
  const auto* other = baseline ? view.record(*baseline) : nullptr;
  const auto base = other ? value_of(*other, shown.metric) : std::nullopt;
  if (!base || *base == 0) return {"—", {}, id};
  if (const auto clock = clock_of(shown.metric); clock && share_rounds(*record, *other, *clock))
    if (const auto contrast = contrasts.between(*record, *other, shown.metric))
      return paired_cell(*contrast, id);
  const auto ratio = *value / *base;
  const auto error = ratio * std::hypot(relative_error(*record, shown.metric, *value),
                                        relative_error(*other, shown.metric, *base));
  return {as_percent(ratio - 1, error), ratio - 1, id};
}

}  // namespace ablate
