#include "ablate/report/effects.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/units.hpp"
#include "ablate/report/view.hpp"
#include "ablate/verdict/effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

/// One metric of an analysis, and how its numbers are written.
struct ShownEffects {
  const MetricEffects& effects;
  const Metric& metric;
  Unit unit;
  bool alone;  ///< no other metric is beside it
};

double reach_of(const EffectSize& size) {
  return std::max(size.estimate.high - size.estimate.value, size.estimate.value - size.estimate.low);
}

/// One digit more than the effect is known to, so that its interval reads: "+1.25", "-4,096", "+0.5".
std::string number_text(const ShownEffects& shown, double value, double reach, const char* sign) {
  const auto scaled = value * shown.unit.per_si;
  const auto text = [&] {
    if (!shown.effects.exact)
      return rounded(
          scaled, decimals_for(shown.effects.reference * shown.unit.per_si, reach / 10 * shown.unit.per_si));
    if (scaled == std::round(scaled)) return with_thousands(std::llround(scaled));
    return fmt::format("{:.4g}", scaled);
  }();
  return value > 0 ? sign + text : text;
}

std::string interval_text(const ShownEffects& shown, const EffectSize& size) {
  const auto reach = reach_of(size);
  if (!std::isfinite(reach)) return "too few samples";
  return fmt::format("{} to {}", number_text(shown, size.estimate.low, reach, "+"),
                     number_text(shown, size.estimate.high, reach, "+"));
}

void add_columns(Table& table, const ShownEffects& shown) {
  const auto& name = shown.effects.metric;
  const auto unit = shown.unit.name.empty() ? std::string() : fmt::format(" ({})", shown.unit.name);
  const auto of = shown.alone ? std::string() : shown.metric.title + " ";
  table.columns.push_back({shown.metric.title + unit, name + ".effect", shown.metric.unit, true});
  if (!shown.effects.exact)
    table.columns.push_back(
        {fmt::format("{}95 % interval{}", of, unit), name + ".effect.interval", "", false});
  table.columns.push_back({of + "of reference", name + ".effect.share", "", true});
  if (!shown.effects.exact) table.columns.push_back({of + "reading", name + ".effect.reading", "", false});
}

void add_reference(std::vector<TableCell>& row, const ShownEffects& shown, const std::string& cell) {
  const auto reference = shown.effects.reference;
  row.push_back({number_text(shown, reference, 0, ""), reference, cell});
  if (!shown.effects.exact) row.push_back({"", {}, {}});
  row.push_back({"reference", {}, cell});
  if (!shown.effects.exact) row.push_back({"", {}, {}});
}

void add_size(std::vector<TableCell>& row, const ShownEffects& shown, const EffectSize& size) {
  const auto value = size.estimate.value, reference = shown.effects.reference;
  const auto reach = std::isfinite(reach_of(size)) ? reach_of(size) : 0;
  row.push_back({number_text(shown, value, reach, "+"), value, {}});
  if (!shown.effects.exact) row.push_back({interval_text(shown, size), interval_text(shown, size), {}});
  if (reference == 0)
    row.push_back({"—", {}, {}});
  else
    row.push_back({as_percent(value / reference, reach / reference), value / reference, {}});
  if (shown.effects.exact) return;
  const std::string reading = size.within_noise ? "within noise" : "differs";
  row.push_back({reading, reading, {}});
}

std::string reference_name(const Design& design) {
  std::vector<std::string> words;
  for (const auto& factor : design.factors) words.push_back(factor.name + " " + factor.levels.front());
  return "reference: " + join(words);
}

/// "STMBlock, cuda": the variant, and the axes along which there are several analyses.
std::string name_of(const FactorialAnalysis& analysis, const Study& study, const PlannedSection& planned) {
  std::vector<std::string> words{analysis.place.at("variant")};
  for (const auto& axis : study.sections.at(planned.section).axes)
    if (const auto here = analysis.place.find(axis.name);
        here != analysis.place.end() && planned.labels.at(axis.name).size() > 1)
      words.push_back(phrase(axis.name, here->second));
  return join(words);
}

/// What the numbers of a metric rest on.
std::string basis_of(const ShownEffects& shown, const FactorialAnalysis& analysis) {
  const auto& effects = shown.effects;
  if (!effects.exact) {
    const auto floor = effects.sizes.empty() ? 0 : effects.sizes.front().floor;
    return fmt::format("{}: from {}{}", shown.metric.title,
                       effects.paired ? "the same rounds of all cells" : "each cell's own level",
                       floor > 0 ? fmt::format("; a main effect below {} {} is within the run's own noise",
                                               number_text(shown, floor, floor / 10, ""), shown.unit.name)
                                 : "");
  }
  if (!effects.unexplained) return {};
  if (*effects.unexplained == 0)
    return fmt::format("{}: grand mean, main effects and interactions give every one of the {} cells exactly",
                       shown.metric.title, analysis.cells.size());
  return fmt::format("{}: interactions of three factors and more account for up to {} in a cell",
                     shown.metric.title, number_text(shown, *effects.unexplained, 0, ""));
}

std::vector<std::string> notes_of(const FactorialAnalysis& analysis, const std::vector<ShownEffects>& shown) {
  std::vector<std::string> notes{
      "A main effect is the mean change from the reference level over the levels of all other factors; an "
      "interaction is by how much one factor's change depends on the other's."};
  if (analysis.design.half)
    notes.emplace_back("Half a fraction: what stands under \"together with\" is in the same number.");
  for (const auto& each : shown)
    if (auto basis = basis_of(each, analysis); !basis.empty()) notes.push_back(std::move(basis));
  if (!analysis.missing.empty())
    notes.push_back(fmt::format("not every cell has {}", join(analysis.missing)));
  return notes;
}

Table table_of(const FactorialAnalysis& analysis, const std::vector<ShownEffects>& shown) {
  Table table;
  table.notes = notes_of(analysis, shown);
  table.columns.push_back({"effect", "", "", false});
  if (analysis.design.half) table.columns.push_back({"together with", "", "", false});
  for (const auto& each : shown) add_columns(table, each);

  const auto begin_row = [&](const std::string& name, const std::string& alias) -> std::vector<TableCell>& {
    auto& row = table.rows.emplace_back();
    row.push_back({name, name, {}});
    if (analysis.design.half) row.push_back({alias, alias, {}});
    return row;
  };
  auto& reference = begin_row(reference_name(analysis.design), "");
  for (const auto& each : shown) add_reference(reference, each, analysis.cells.front());
  for (std::size_t i = 0; i < analysis.effects.size(); ++i) {
    const auto& effect = analysis.effects[i];
    auto& row = begin_row(ablate::name_of(effect, analysis.design), alias_of(effect, analysis.design));
    for (const auto& each : shown) add_size(row, each, each.effects.sizes[i]);
  }
  return table;
}

}  // namespace

std::vector<Table> effects_tables(const Study& study, const Plan& plan, const PlannedSection& planned,
                                  const Records& records) {
  std::vector<Table> tables;
  const auto& section = study.sections.at(planned.section);
  for (const auto& analysis : factorial_analyses(study, plan, planned, records)) {
    std::vector<ShownEffects> shown;
    for (const auto& effects : analysis.metrics) {
      const auto& metric = *metric_named(effects.metric);
      const auto unit = unit_for(metric.unit, {effects.reference});
      shown.push_back({effects, metric, unit, analysis.metrics.size() == 1});
    }
    if (shown.empty()) continue;
    auto table = table_of(analysis, shown);
    table.section = section.id;
    table.title = fmt::format("{}: effects, {}", section.title, name_of(analysis, study, planned));
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace ablate
