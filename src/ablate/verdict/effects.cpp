#include "ablate/verdict/effects.hpp"

#include "ablate/record/values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ablate {
namespace {

/// Of the standard normal distribution: half the width of the interval, in standard errors.
constexpr double standard_errors = 1.959963984540054;

std::optional<std::int64_t> count_on(const Record& record, const std::string& metric) {
  if (record.memory && metric == "memory.weights") return record.memory->weights;
  if (record.memory && metric == "memory.activations") return record.memory->activations;
  if (!record.counts) return std::nullopt;
  if (metric == "params") return record.counts->params;
  if (metric == "buffers") return record.counts->buffers;
  if (metric == "macs") return record.counts->macs;
  if (metric == "bytes") return record.counts->bytes;
  return std::nullopt;
}

std::vector<std::size_t> ends_of(const Record& record) {
  return record.pairing ? stretches(*record.pairing) : std::vector<std::size_t>{};
}

/// Samples of one clock of every record; empty where one has none.
std::vector<const Latency*> samples_of(const std::vector<const Record*>& records, Clock clock) {
  std::vector<const Latency*> all;
  for (const auto* record : records) {
    const auto* latency = latency_on(*record, clock);
    if (!latency || latency->samples.empty()) return {};
    all.push_back(latency);
  }
  return all;
}

/// Whether sample i of all records is of the same round.
bool share_rounds(const std::vector<const Record*>& records, const std::vector<const Latency*>& samples) {
  const auto& first = records.front()->pairing;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (const auto& pairing = records[i]->pairing;
        !pairing || pairing->group != first->group ||
        samples[i]->samples.size() != samples.front()->samples.size())
      return false;
  return true;
}

/// A clock without a floor of its own takes the device's largest: its noise is not known to be less.
double floor_on(const std::vector<Floor>& floors, const std::string& device, Clock clock) {
  double largest = 0;
  for (const auto& floor : floors) {
    if (floor.device != device) continue;
    if (floor.clock == (device == "cpu" ? Clock::host : clock)) return floor.limit;
    largest = std::max(largest, floor.limit);
  }
  return largest;
}

/// A floor of two cells' ratio as one of the effect: every pair of a plus and a minus may be off by that
/// much.
double floor_of(const Effect& effect, double log_ratio, double level) {
  double weights = 0;
  for (const auto sign : effect.signs) weights += std::abs(sign);
  return std::expm1(log_ratio) * level * weights / static_cast<double>(effect.over) / 2;
}

EffectSize paired_size(const Effect& effect, const std::vector<const Latency*>& samples,
                       const std::vector<std::size_t>& ends) {
  std::vector<double> rounds, round(samples.size());
  for (std::size_t i = 0; i < samples.front()->samples.size(); ++i) {
    std::ranges::transform(samples, round.begin(), [&](const Latency* each) { return each->samples[i]; });
    rounds.push_back(effect_on(effect, round));
  }
  const auto tail = std::min(tail_above(rounds, ends, 0), tail_below(rounds, ends, 0));
  return {centre(rounds, ends, effect_confidence), std::min(1.0, 2 * tail), 0, false};
}

EffectSize unpaired_size(const Effect& effect, const std::vector<Estimate>& levels) {
  double value = 0, square = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (effect.signs[i] == 0) continue;
    value += effect.signs[i] * levels[i].value;
    const auto reach = std::max(levels[i].high - levels[i].value, levels[i].value - levels[i].low);
    square += reach * reach;
  }
  const auto over = static_cast<double>(effect.over);
  value /= over;
  const auto reach = std::sqrt(square) / over;
  const auto p = reach > 0    ? std::erfc(std::abs(value) / reach * standard_errors / std::sqrt(2.0))
                 : value == 0 ? 1.0
                              : 0.0;
  return {{value, value - reach, value + reach}, p, 0, false};
}

MetricEffects timed_effects(const std::vector<Effect>& effects, const std::vector<const Record*>& records,
                            const std::vector<const Latency*>& samples, double floor) {
  MetricEffects timed;
  timed.paired = share_rounds(records, samples);
  timed.reference = samples.front()->median;
  std::vector<Estimate> levels;
  if (!timed.paired)
    for (std::size_t i = 0; i < records.size(); ++i)
      levels.push_back(level(samples[i]->samples, ends_of(*records[i]), effect_confidence));
  for (const auto& effect : effects) {
    auto size = timed.paired ? paired_size(effect, samples, ends_of(*records.front()))
                             : unpaired_size(effect, levels);
    size.floor = floor_of(effect, floor, timed.reference);
    timed.sizes.push_back(size);
  }
  return timed;
}

MetricEffects exact_effects(const Design& design, const std::vector<Effect>& effects,
                            const std::vector<std::int64_t>& values) {
  MetricEffects exact;
  exact.exact = true;
  exact.reference = static_cast<double>(values.front());
  for (const auto& effect : effects) {
    const auto value = effect_on(effect, values).value();
    exact.sizes.push_back({{value, value, value}, 0, 0, false});
  }
  if (design.half) return exact;
  exact.unexplained = 0;
  const auto cells = rebuild(design, effects, values);
  for (std::size_t i = 0; i < cells.size(); ++i)
    exact.unexplained = std::max(*exact.unexplained, std::abs((cells[i] - Fraction(values[i])).value()));
  return exact;
}

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
  std::vector<Clock> clocks;
  for (const auto& name : section.metrics) {
    const auto* metric = metric_named(name);
    if (!metric || !metric->comparable) continue;
    if (const auto clock = clock_of(name)) {
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

std::optional<MetricEffects> metric_effects(const Design& design, const std::vector<Effect>& effects,
                                            const std::vector<const Record*>& records,
                                            const std::string& metric, const std::vector<Floor>& floors) {
  std::optional<MetricEffects> result;
  if (const auto clock = clock_of(metric)) {
    const auto samples = samples_of(records, *clock);
    if (samples.empty()) return std::nullopt;
    result = timed_effects(effects, records, samples, floor_on(floors, records.front()->cell.device, *clock));
  } else {
    std::vector<std::int64_t> values;
    for (const auto* record : records)
      if (const auto value = count_on(*record, metric)) values.push_back(*value);
    if (values.size() != records.size()) return std::nullopt;
    result = exact_effects(design, effects, values);
  }
  result->metric = metric;
  return result;
}

void judge_together(std::vector<MetricEffects>& metrics) {
  std::vector<EffectSize*> timed;
  for (auto& metric : metrics)
    for (auto& size : metric.sizes)
      if (!metric.exact) timed.push_back(&size);
  std::vector<double> p;
  for (const auto* size : timed) p.push_back(size->p);
  const auto corrected = holm(p);
  for (std::size_t i = 0; i < timed.size(); ++i) {
    auto& size = *timed[i];
    size.p = corrected[i];
    size.within_noise = (size.estimate.low <= 0 && size.estimate.high >= 0) ||
                        size.p > 1 - effect_confidence || std::abs(size.estimate.value) <= size.floor;
  }
}

}  // namespace ablate
