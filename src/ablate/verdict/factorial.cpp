#include "ablate/record/values.hpp"
#include "ablate/verdict/effects.hpp"

#include <algorithm>

namespace ablate {
namespace {

std::vector<Factor> factors_of(const Section& section) {
  std::vector<Factor> factors;
  for (const auto& name : section.factorial->factors) {
    const auto& axis = *std::ranges::find(section.axes, name, &Axis::name);
    Factor factor{name, {}};
    for (const auto& value : axis.values) factor.levels.push_back(label(name, value));
    factors.push_back(std::move(factor));
  }
  return factors;
}

/// One for each place apart from the factors, its cells in the order of the design.
std::vector<FactorialAnalysis> without_metrics(const Section& section, const Plan& plan,
                                               const PlannedSection& planned) {
  const auto design = design_of(factors_of(section), section.factorial->half);
  std::vector<FactorialAnalysis> analyses;
  for (const auto& placement : planned.placements) {
    auto place = placement.at;
    for (const auto& factor : design.factors) place.erase(factor.name);
    auto found = std::ranges::find(analyses, place, &FactorialAnalysis::place);
    if (found == analyses.end()) {
      analyses.push_back({place, design, {}, effects_of(design), {}, {}});
      analyses.back().cells.resize(design.points.size());
      found = analyses.end() - 1;
    }
    for (std::size_t i = 0; i < design.points.size(); ++i) {
      bool here = true;
      for (std::size_t f = 0; f < design.factors.size(); ++f)
        here =
            here && placement.at.at(design.factors[f].name) == design.factors[f].levels[design.points[i][f]];
      if (here) found->cells[i] = plan.cells[placement.cell].id;
    }
  }
  return analyses;
}

std::vector<const Record*> records_of(const FactorialAnalysis& analysis, const Records& records) {
  std::vector<const Record*> found;
  for (const auto& cell : analysis.cells)
    if (const auto record = records.find(cell); record != records.end()) found.push_back(&record->second);
  return found;
}

void add_metrics(FactorialAnalysis& analysis, const Section& section, const Records& records,
                 const std::vector<Floor>& floors) {
  const auto found = records_of(analysis, records);
  const bool on_cpu = !found.empty() && found.front()->cell.device == "cpu";
  std::vector<Clock> clocks;
  for (const auto& name : section.metrics) {
    const auto* metric = metric_named(name);
    if (!metric || !metric->comparable) continue;
    if (auto clock = clock_of(name)) {
      if (on_cpu) clock = Clock::host;
      if (std::ranges::find(clocks, *clock) != clocks.end()) continue;
      clocks.push_back(*clock);
    }
    auto effects = found.size() == analysis.cells.size()
                       ? metric_effects(analysis.design, analysis.effects, found, name, floors)
                       : std::nullopt;
    if (effects)
      analysis.metrics.push_back(std::move(*effects));
    else
      analysis.missing.push_back(name);
  }
  judge_together(analysis.metrics);
}

}  // namespace

std::vector<FactorialAnalysis> factorial_analyses(const Study& study, const Plan& plan,
                                                  const PlannedSection& planned, const Records& records) {
  const auto& section = study.sections.at(planned.section);
  if (!section.factorial) return {};
  const auto floors = noise_floors(records);
  auto analyses = without_metrics(section, plan, planned);
  for (auto& analysis : analyses) add_metrics(analysis, section, records, floors);
  return analyses;
}

}  // namespace ablate
