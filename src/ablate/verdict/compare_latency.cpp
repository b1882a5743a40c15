#include "ablate/verdict/compare_latency.hpp"

#include "ablate/stats/quantiles.hpp"
#include "ablate/verdict/median.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace ablate {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

using Indices = std::vector<std::size_t>;

/// A ratio of run B to run A as a logarithm, with its sampling error, and what the noise floors add to it.
struct LogRatio {
  Estimate estimate;
  double floor = 0;
};

/// How many standard errors an interval of that confidence reaches to either side.
double reach_of(double confidence) { return -normal_quantile((1 - confidence) / 2); }

Estimate logarithm(const Estimate& estimate) {
  const auto log_of = [](double value) { return value > 0 ? std::log(value) : -infinite; };
  return {log_of(estimate.value), log_of(estimate.low), log_of(estimate.high)};
}

/// The ends of stretches (layouts and processes) within [begin, end), counted from `begin`.
Indices ends_within(const Indices& ends, std::size_t begin, std::size_t end) {
  Indices within;
  for (const auto each : ends)
    if (each > begin && each <= end) within.push_back(each - begin);
  return within;
}

/// An estimate over the samples of a cell. Where several processes took them, how these differ from each
/// other is what another run differs by too, so it is counted in.
Estimate over_processes(Samples samples, const std::optional<Pairing>& pairing, double confidence,
                        const std::function<Estimate(Samples, Ends)>& estimate) {
  if (!pairing) return estimate(samples, {});
  if (pairing->process_ends.size() < 2) return estimate(samples, pairing->ends);
  std::vector<Estimate> each;
  std::size_t begin = 0;
  for (const auto end : pairing->process_ends) {
    const auto ends = ends_within(pairing->ends, begin, end);
    each.push_back(estimate(samples.subspan(begin, end - begin), ends));
    begin = end;
  }
  return pool(each, confidence).estimate;
}

Estimate log_level(const Record& record, Clock clock, double confidence) {
  return over_processes(
      latency_on(record, clock)->samples, record.pairing, confidence,
      [&](Samples samples, Ends ends) { return logarithm(level(samples, ends, confidence)); });
}

Estimate log_to_baseline(const Record& record, const Record& baseline, Clock clock, double confidence) {
  const auto ratios = log_ratios(latency_on(record, clock)->samples, latency_on(baseline, clock)->samples);
  return over_processes(ratios, record.pairing, confidence,
                        [&](Samples samples, Ends ends) { return centre(samples, ends, confidence); });
}

/// b - a of independent estimates, each side of the interval from the sides that it comes from (Zou and
/// Donner 2008), so that lopsided intervals stay so.
Estimate difference(const Estimate& b, const Estimate& a) {
  const auto value = b.value - a.value;
  return {value, value - std::hypot(b.value - b.low, a.high - a.value),
          value + std::hypot(b.high - b.value, a.value - a.low)};
}

Estimate widened(const LogRatio& ratio) {
  const auto& [value, low, high] = ratio.estimate;
  return exponential({value, low - ratio.floor, high + ratio.floor});
}

/// Two-sided, of "no farther from 1 than the floor". The error is read off the side of the interval that
/// looks towards 1.
double p_of(const LogRatio& ratio, double confidence) {
  const auto& [value, low, high] = ratio.estimate;
  const auto reach = value > 0 ? value - low : high - value;
  const auto beyond = std::abs(value) - ratio.floor;
  if (!std::isfinite(reach)) return 1;
  if (reach == 0) return beyond > 0 ? 0 : 1;
  const auto error = reach / reach_of(confidence);
  return std::min(1.0, 2 * normal_cdf(-beyond / error));
}

std::vector<Clock> shared_clocks(const Record& a, const Record& b) {
  const auto of_b = clocks_of(b);
  std::vector<Clock> clocks;
  for (const auto clock : clocks_of(a))
    if (std::ranges::find(of_b, clock) != of_b.end()) clocks.push_back(clock);
  return clocks;
}

std::size_t processes_of(const ComparedRun& run, const std::string& cell) {
  const auto& pairing = run.records.at(cell).pairing;
  return pairing ? pairing->process_ends.size() : 0;
}

Change change_of(const CellComparison& cell, const ComparisonRules& rules) {
  const auto& ratio = *cell.decisive;
  const auto most = 1 + rules.same_within;
  if (ratio.low >= 1 / most && ratio.high <= most) return Change::same;
  if (cell.p > 1 - rules.confidence) return Change::undecided;
  return ratio.value > 1 ? Change::slower : Change::faster;
}

}  // namespace

std::vector<Clock> clocks_of(const Record& record) {
  std::vector<Clock> clocks;
  // The first decides: a graph's levels come back in the next process within a percent or so, the device's
  // within some, since launches are part of them, the host's not at all. Launching is in the host's.
  for (const auto clock : {Clock::graph, Clock::device, Clock::host}) {
    const auto* latency = latency_on(record, clock);
    if ((record.cell.device != "cpu" || clock == Clock::host) && latency && !latency->samples.empty())
      clocks.push_back(clock);
  }
  return clocks;
}

Estimate level_of(const Record& record, Clock clock, double confidence) {
  auto estimate = exponential(log_level(record, clock, confidence));
  estimate.value = latency_on(record, clock)->median;
  return estimate;
}

void compare_latency(const LatencySources& sources, const ComparedRun& run_a, const ComparedRun& run_b,
                     double confidence, CellComparison& cell) {
  const auto& [a, b, baseline_a, baseline_b, shift] = sources;
  const auto clocks = shared_clocks(a, b);
  if (clocks.empty()) return;
  cell.clock = clocks.front();
  cell.disturbed = !a.disturbed.empty() || !b.disturbed.empty();
  // Both floors speak of the same kind of noise, of which each run has its own.
  const auto floor_on = [&](Clock clock) {
    return std::hypot(floor_of(run_a.floors, a, clock), floor_of(run_b.floors, b, clock));
  };
  std::optional<LogRatio> by_level, by_baseline;
  for (const auto clock : clocks) {
    const LogRatio ratio{difference(log_level(b, clock, confidence), log_level(a, clock, confidence)),
                         floor_on(clock) + shift};
    cell.levels.push_back(
        {clock, latency_on(a, clock)->median, latency_on(b, clock)->median, widened(ratio)});
    if (!by_level) by_level = ratio;
  }
  if (baseline_a && baseline_b && share_rounds(a, *baseline_a, cell.clock) &&
      share_rounds(b, *baseline_b, cell.clock)) {
    by_baseline = LogRatio{difference(log_to_baseline(b, *baseline_b, cell.clock, confidence),
                                      log_to_baseline(a, *baseline_a, cell.clock, confidence)),
                           floor_on(cell.clock)};
    cell.to_baseline = widened(*by_baseline);
  }
  // What disturbed a level hit the rounds of cell and baseline alike.
  cell.by_baseline = cell.disturbed && by_baseline;
  const auto decisive = cell.by_baseline ? by_baseline : cell.disturbed ? std::nullopt : by_level;
  if (decisive) cell.decisive = widened(*decisive);
  if (decisive) cell.p = p_of(*decisive, confidence);
  cell.change = Change::undecided;
}

std::map<std::string, double> process_shifts(const std::vector<CellComparison>& cells, const ComparedRun& a,
                                             const ComparedRun& b) {
  std::map<std::string, std::vector<double>> by_device;
  for (const auto& cell : cells) {
    if (cell.levels.empty()) continue;
    auto& ratios = by_device[cell.cell.device];
    const auto& level = cell.levels.front();
    const bool pooled = processes_of(a, cell.cell.id) > 2 && processes_of(b, cell.cell.id) > 2;
    if (!pooled && level.a > 0 && level.b > 0) ratios.push_back(std::log(level.b / level.a));
  }
  std::map<std::string, double> shifts;
  for (auto& [device, ratios] : by_device) {
    if (ratios.empty()) continue;
    const auto together = median_of(ratios);
    for (auto& ratio : ratios) ratio = std::abs(ratio - together);
    constexpr double mad_to_sd = 1.4826;
    shifts[device] = std::max(least_shift, std::abs(together) + 2 * mad_to_sd * median_of(ratios));
  }
  return shifts;
}

void decide(std::vector<CellComparison>& cells, const ComparisonRules& rules) {
  std::vector<CellComparison*> decided;
  std::vector<double> p;
  for (auto& cell : cells)
    if (cell.decisive) {
      decided.push_back(&cell);
      p.push_back(cell.p);
    }
  const auto corrected = holm(p);
  for (std::size_t i = 0; i < decided.size(); ++i) {
    auto& cell = *decided[i];
    cell.p = corrected[i];
    cell.change = change_of(cell, rules);
    cell.regression = cell.change == Change::slower && cell.decisive->low > 1 + rules.threshold;
  }
}

}  // namespace ablate
