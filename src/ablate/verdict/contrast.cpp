#include "ablate/verdict/contrast.hpp"

#include "ablate/record/values.hpp"
#include "ablate/verdict/median.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

constexpr double infinite_log = std::numeric_limits<double>::infinity();

double log_ratio(double a, double b) {
  if (a == b) return 0;
  if (b == 0) return infinite_log;
  return a == 0 ? -infinite_log : std::log(a / b);
}

std::vector<double> logarithms(const std::vector<double>& samples) {
  std::vector<double> logs;
  for (const auto sample : samples) logs.push_back(std::log(sample));
  return logs;
}

/// What launches nothing on the device takes no time there, and no multiple of it means anything.
bool has_ratios(const Latency& latency) {
  return !latency.samples.empty() &&
         std::ranges::all_of(latency.samples, [](double sample) { return sample > 0; });
}

/// On the CPU there is one clock.
Clock clock_on(const std::string& device, Clock clock) { return device == "cpu" ? Clock::host : clock; }

const std::optional<Latency>& twin_on(const Twin& twin, Clock clock) {
  return clock == Clock::device   ? twin.device
         : clock == Clock::graph  ? twin.graph
         : clock == Clock::launch ? twin.launch
                                  : twin.host;
}

/// What one baseline adds to the noise floors on one clock.
void add_twin(std::vector<Floor>& floors, const Record& record, Clock clock) {
  const auto& twin = twin_on(*record.pairing->twin, clock);
  const auto* own = latency_on(record, clock);
  if (!twin || !own || !has_ratios(*own) || !has_ratios(*twin)) return;
  if (own->samples.size() != twin->samples.size()) return;
  const auto differences = log_ratios(twin->samples, own->samples);
  const auto difference = centre(differences, stretches(*record.pairing), floor_confidence);
  const auto limit = std::max(std::abs(difference.low), std::abs(difference.high));
  if (!std::isfinite(limit)) return;
  auto floor = std::ranges::find_if(
      floors, [&](const Floor& known) { return known.device == record.cell.device && known.clock == clock; });
  if (floor == floors.end())
    floor = floors.insert(floors.end(), Floor{record.cell.device, clock, {1, 1, 1}, 0, 0});
  ++floor->groups;
  floor->by_group.emplace(record.pairing->group, limit);
  if (limit < floor->limit) return;
  floor->limit = limit;
  floor->ratio = exponential(difference);
}

}  // namespace

Estimate Contrast::ratio(double confidence) const {
  if (exact_) return exponential({value_, value_, value_});
  const auto a = centre(first_.values, first_.ends, confidence);
  if (paired_) return exponential(a);
  const auto b = centre(second_.values, second_.ends, confidence);
  const auto value = a.value - b.value;
  return exponential({value, value - std::hypot(a.value - a.low, b.high - b.value),
                      value + std::hypot(a.high - a.value, b.value - b.low)});
}

/// The p-value of an unpaired ratio lying beyond `bound`: half of what the narrowest interval that reaches it
/// leaves out. Sign 1: above, -1: below.
double Contrast::apart(double bound, double sign) const {
  constexpr int steps = 12;
  const auto reaches = [&](double tail) {
    const auto interval = ratio(1 - 2 * tail);
    return sign > 0 ? interval.low <= bound : interval.high >= bound;
  };
  double low = std::log(1e-9), high = std::log(0.49);
  if (reaches(std::exp(high))) return 1;
  for (int i = 0; i < steps; ++i) {
    const auto middle = (low + high) / 2;
    (reaches(std::exp(middle)) ? low : high) = middle;
  }
  return std::exp(high);
}

double Contrast::p_above(double bound) const {
  if (exact_) return value_ > std::log(bound) ? 0 : 1;
  return paired_ ? tail_above(first_.values, first_.ends, std::log(bound)) : apart(bound, 1);
}

double Contrast::p_below(double bound) const {
  if (exact_) return value_ < std::log(bound) ? 0 : 1;
  return paired_ ? tail_below(first_.values, first_.ends, std::log(bound)) : apart(bound, -1);
}

std::vector<Floor> noise_floors(const Records& records) {
  std::vector<Floor> floors;
  for (const auto& [id, record] : records)
    if (record.pairing && record.pairing->twin)
      for (const auto clock : {Clock::host, Clock::device, Clock::graph, Clock::launch})
        if (clock_on(record.cell.device, clock) == clock) add_twin(floors, record, clock);
  std::ranges::sort(floors, {}, [](const Floor& floor) { return std::pair(floor.device, floor.clock); });
  return floors;
}

Contrasts::Contrasts(const Records& records) : floors_(noise_floors(records)) {}

double Floor::typical() const {
  std::vector<double> limits;
  for (const auto& [group, limit] : by_group) limits.push_back(limit);
  return limits.empty() ? limit : median_of(std::move(limits));
}

double floor_of(const std::vector<Floor>& floors, const Record& record, Clock clock) {
  const auto& device = record.cell.device;
  double widest = 0;
  for (const auto& floor : floors) {
    if (floor.device != device) continue;
    if (floor.clock == clock_on(device, clock)) {
      const auto own = record.pairing ? floor.by_group.find(record.pairing->group) : floor.by_group.end();
      return own == floor.by_group.end() ? floor.limit : std::max(own->second, floor.typical());
    }
    widest = std::max(widest, floor.limit);
  }
  return widest;
}

std::optional<Contrast> Contrasts::between(const Record& a, const Record& b,
                                           const std::string& metric) const {
  Contrast contrast;
  const auto clock = clock_of(metric);
  if (!clock) {
    const auto of_a = value_of(a, metric), of_b = value_of(b, metric);
    if (!of_a || !of_b) return std::nullopt;
    contrast.exact_ = true;
    contrast.value_ = log_ratio(*of_a, *of_b);
    return contrast;
  }
  const auto *of_a = latency_on(a, *clock), *of_b = latency_on(b, *clock);
  if (!of_a || !of_b || !has_ratios(*of_a) || !has_ratios(*of_b)) return std::nullopt;
  contrast.floor_ = std::max(floor_of(floors_, a, *clock), floor_of(floors_, b, *clock));
  if (share_rounds(a, b, *clock)) {
    contrast.paired_ = true;
    contrast.first_ = {log_ratios(of_a->samples, of_b->samples), stretches(*a.pairing)};
    return contrast;
  }
  const auto ends = [](const Record& record) {
    return record.pairing ? stretches(*record.pairing) : std::vector<std::size_t>{};
  };
  contrast.first_ = {logarithms(of_a->samples), ends(a)};
  contrast.second_ = {logarithms(of_b->samples), ends(b)};
  return contrast;
}

std::vector<std::size_t> stretches(const Pairing& pairing) {
  // What differs between processes differs between their layouts too: the larger stretches are independent.
  if (pairing.process_ends.size() > 2) return pairing.process_ends;
  std::vector<std::size_t> ends;
  std::ranges::set_union(pairing.ends, pairing.process_ends, std::back_inserter(ends));
  return ends;
}

bool share_rounds(const Record& a, const Record& b, Clock clock) {
  if (!a.pairing || !b.pairing || a.pairing->group != b.pairing->group) return false;
  const auto *of_a = latency_on(a, clock), *of_b = latency_on(b, clock);
  return of_a && of_b && !of_a->samples.empty() && of_a->samples.size() == of_b->samples.size();
}

}  // namespace ablate
