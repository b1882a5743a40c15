#include "ablate/verdict/effects.hpp"

#include "ablate/record/values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

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

/// A floor of two cells' ratio as one of the effect: every pair of a plus and a minus may be off by that
/// much.
double floor_of(const Effect& effect, double log_ratio, double level) {
  double weights = 0;
  for (const auto sign : effect.signs) weights += std::abs(sign);
  return std::expm1(log_ratio) * level * weights / static_cast<double>(effect.over) / 2;
}

/// Rounds over their mean: what slows a whole round down is no effect, nor does it make one larger.
struct Rounds {
  std::vector<std::vector<double>> cells;  ///< a round's samples, one for each cell, over their mean
  double typical = 0;                      ///< median of the means
};

Rounds rounds_of(const std::vector<const Latency*>& samples) {
  Rounds rounds;
  std::vector<double> means;
  for (std::size_t i = 0; i < samples.front()->samples.size(); ++i) {
    auto& round = rounds.cells.emplace_back();
    for (const auto* each : samples) round.push_back(each->samples[i]);
    means.push_back(std::accumulate(round.begin(), round.end(), 0.0) / static_cast<double>(round.size()));
    for (auto& sample : round) sample /= means.back();
  }
  rounds.typical = summarise(std::move(means)).median;
  return rounds;
}

EffectSize paired_size(const Effect& effect, const Rounds& rounds, const std::vector<std::size_t>& ends) {
  std::vector<double> sizes;
  for (const auto& round : rounds.cells) sizes.push_back(effect_on(effect, round));
  const auto share = centre(sizes, ends, effect_confidence);
  const auto tail = std::min(tail_above(sizes, ends, 0), tail_below(sizes, ends, 0));
  return {{share.value * rounds.typical, share.low * rounds.typical, share.high * rounds.typical},
          std::min(1.0, 2 * tail),
          0,
          false};
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
  Rounds rounds;
  if (timed.paired)
    rounds = rounds_of(samples);
  else
    for (std::size_t i = 0; i < records.size(); ++i)
      levels.push_back(level(samples[i]->samples, ends_of(*records[i]), effect_confidence));
  for (const auto& effect : effects) {
    auto size =
        timed.paired ? paired_size(effect, rounds, ends_of(*records.front())) : unpaired_size(effect, levels);
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

}  // namespace

std::optional<MetricEffects> metric_effects(const Design& design, const std::vector<Effect>& effects,
                                            const std::vector<const Record*>& records,
                                            const std::string& metric, const std::vector<Floor>& floors) {
  std::optional<MetricEffects> result;
  if (const auto clock = clock_of(metric)) {
    const auto samples = samples_of(records, *clock);
    if (samples.empty()) return std::nullopt;
    result = timed_effects(effects, records, samples, floor_of(floors, *records.front(), *clock));
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
