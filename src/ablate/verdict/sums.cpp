#include "ablate/verdict/sums.hpp"

#include "ablate/record/values.hpp"
#include "ablate/verdict/readings.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ablate {
namespace {

/// The whole, then its parts.
using Cells = std::vector<const Record*>;

Estimate exact(double value) { return {value, value, value}; }

void add_counts(Residual& residual, const Cells& cells) {
  const auto whole = *value_of(*cells.front(), residual.metric);
  double parts = 0;
  for (std::size_t i = 1; i < cells.size(); ++i) parts += *value_of(*cells[i], residual.metric);
  residual.whole = exact(whole);
  residual.parts = exact(parts);
  residual.residual = exact(whole - parts);
  if (whole != 0) residual.share = exact((whole - parts) / whole);
}

void add_rounds(Residual& residual, const Cells& cells, Clock clock, double confidence) {
  const auto& whole = latency_on(*cells.front(), clock)->samples;
  std::vector<double> parts(whole.size()), rest(whole), share(whole.size());
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const auto& samples = latency_on(*cells[i], clock)->samples;
    for (std::size_t round = 0; round < parts.size(); ++round) parts[round] += samples[round];
  }
  for (std::size_t round = 0; round < whole.size(); ++round) {
    rest[round] -= parts[round];
    share[round] = rest[round] / whole[round];
  }
  const auto ends = stretches(*cells.front()->pairing);
  residual.paired = true;
  residual.whole = level(whole, ends, confidence);
  residual.parts = level(parts, ends, confidence);
  residual.residual = centre(rest, ends, confidence);
  residual.share = centre(share, ends, confidence);
}

Estimate around(double value, double reach) { return {value, value - reach, value + reach}; }

double half_width(const Estimate& estimate) {
  return std::max(estimate.high - estimate.value, estimate.value - estimate.low);
}

/// Errors of independent levels add as squares.
void add_levels(Residual& residual, const Cells& cells, Clock clock, double confidence) {
  std::vector<Estimate> levels;
  for (const auto* record : cells) {
    const auto ends = record->pairing ? stretches(*record->pairing) : std::vector<std::size_t>{};
    levels.push_back(level(latency_on(*record, clock)->samples, ends, confidence));
  }
  double parts = 0, squares = 0;
  for (std::size_t i = 1; i < levels.size(); ++i) {
    parts += levels[i].value;
    squares += std::pow(half_width(levels[i]), 2);
  }
  const auto& whole = levels.front();
  residual.whole = whole;
  residual.parts = around(parts, std::sqrt(squares));
  residual.residual = around(whole.value - parts, std::hypot(half_width(whole), std::sqrt(squares)));
  const auto ratio = parts / whole.value;
  const auto relative = std::hypot(half_width(whole) / whole.value, std::sqrt(squares) / parts);
  residual.share = around(1 - ratio, ratio * relative);
}

void add_numbers(Residual& residual, const Cells& cells, double confidence) {
  const auto clock = clock_of(residual.metric);
  if (!clock) return add_counts(residual, cells);
  const auto shared = [&](const Record* part) { return share_rounds(*cells.front(), *part, *clock); };
  if (std::all_of(cells.begin() + 1, cells.end(), shared))
    return add_rounds(residual, cells, *clock, confidence);
  add_levels(residual, cells, *clock, confidence);
}

Residual residual_at(const Sum& sum, const Place& place, const Readings& readings, double confidence) {
  Residual residual;
  residual.sum = sum;
  residual.metric = readings.metric();
  residual.place = place;
  residual.place.erase("variant");
  auto names = sum.parts;
  names.insert(names.begin(), sum.whole);
  Cells cells;
  for (const auto& variant : names) {
    const auto reading = readings.at(place, {{"variant", variant}});
    if (!reading.missing.empty()) {
      residual.missing = variant + " " + reading.missing;
      return residual;
    }
    cells.push_back(reading.record);
    residual.grounds.push_back({reading.record->cell.id, variant});
  }
  add_numbers(residual, cells, confidence);
  return residual;
}

/// Each clock and count once: `latency` and `latency.mean` are the same clock's.
std::vector<std::string> metrics_to_add(const Section& section) {
  std::vector<std::string> names;
  std::set<Clock> clocks;
  for (const auto& name : section.metrics) {
    const auto* metric = metric_named(name);
    const auto clock = clock_of(name);
    if (!metric || !metric->comparable || metric->unit == "bytes") continue;
    if (!clock || clocks.insert(*clock).second) names.push_back(name);
  }
  return names;
}

}  // namespace

std::vector<Residual> residuals(const Study& study, const Plan& plan, const PlannedSection& section,
                                const Records& records, double confidence) {
  const SectionView view(study, plan, section, records);
  std::vector<Residual> found;
  for (const auto& sum : view.section().sums)
    for (const auto& metric : metrics_to_add(view.section())) {
      const Readings readings(study, view, metric);
      for (const auto& place : readings.places({{"variant", sum.whole}}))
        found.push_back(residual_at(sum, place, readings, confidence));
    }
  return found;
}

}  // namespace ablate
