#include "ablate/verdict/contrast.hpp"

#include "ablate/record/values.hpp"
#include "ablate/stats/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

constexpr double level_confidence = 0.95;
constexpr double infinite = std::numeric_limits<double>::infinity();

double log_ratio(double a, double b) {
  if (a == b) return 0;
  if (b == 0) return infinite;
  return a == 0 ? -infinite : std::log(a / b);
}

/// The standard error of the logarithm of a level. An interval that does not exclude 0 tells nothing.
double log_error(const Estimate& level) {
  if (!(level.low > 0) || !std::isfinite(level.high)) return infinite;
  const auto farthest = std::max(std::log(level.high / level.value), std::log(level.value / level.low));
  return farthest / normal_quantile((1 + level_confidence) / 2);
}

Estimate level_of(const Record& record, const Latency& latency) {
  const auto ends = record.pairing ? stretches(*record.pairing) : std::vector<std::size_t>{};
  return level(latency.samples, ends, level_confidence);
}

/// What launches nothing on the device takes no time there, and no multiple of it means anything.
bool has_ratios(const Latency& latency) {
  return !latency.samples.empty() &&
         std::ranges::all_of(latency.samples, [](double sample) { return sample > 0; });
}

/// On the CPU there is one clock.
Clock clock_on(const std::string& device, Clock clock) { return device == "cpu" ? Clock::host : clock; }

const std::optional<Latency>& twin_on(const Twin& twin, Clock clock) {
  return clock == Clock::device ? twin.device : clock == Clock::graph ? twin.graph : twin.host;
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
  if (limit < floor->limit) return;
  floor->limit = limit;
  floor->ratio = exponential(difference);
}

}  // namespace

Estimate Contrast::ratio(double confidence) const {
  if (exact_) return exponential({value_, value_, value_});
  if (paired_) return exponential(centre(log_ratios_, ends_, confidence));
  const auto reach = normal_quantile((1 + confidence) / 2) * error_;
  return exponential({value_, value_ - reach, value_ + reach});
}

double Contrast::p_above(double bound) const {
  const auto at = std::log(bound);
  if (exact_) return value_ > at ? 0 : 1;
  if (paired_) return tail_above(log_ratios_, ends_, at);
  return error_ > 0 ? normal_cdf((at - value_) / error_) : value_ > at ? 0 : 1;
}

double Contrast::p_below(double bound) const {
  const auto at = std::log(bound);
  if (exact_) return value_ < at ? 0 : 1;
  if (paired_) return tail_below(log_ratios_, ends_, at);
  return error_ > 0 ? normal_cdf((value_ - at) / error_) : value_ < at ? 0 : 1;
}

std::vector<Floor> noise_floors(const Records& records) {
  std::vector<Floor> floors;
  for (const auto& [id, record] : records)
    if (record.pairing && record.pairing->twin)
      for (const auto clock : {Clock::host, Clock::device, Clock::graph})
        if (clock_on(record.cell.device, clock) == clock) add_twin(floors, record, clock);
  std::ranges::sort(floors, {}, [](const Floor& floor) { return std::pair(floor.device, floor.clock); });
  return floors;
}

Contrasts::Contrasts(const Records& records) : floors_(noise_floors(records)) {}

/// A clock without a floor of its own takes the device's largest: its noise is not known to be less.
double Contrasts::floor_of(const std::string& device, Clock clock) const {
  double largest = 0;
  for (const auto& floor : floors_) {
    if (floor.device != device) continue;
    if (floor.clock == clock_on(device, clock)) return floor.limit;
    largest = std::max(largest, floor.limit);
  }
  return largest;
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
  contrast.floor_ = std::max(floor_of(a.cell.device, *clock), floor_of(b.cell.device, *clock));
  if (share_rounds(a, b, *clock)) {
    contrast.paired_ = true;
    contrast.log_ratios_ = log_ratios(of_a->samples, of_b->samples);
    contrast.ends_ = stretches(*a.pairing);
    return contrast;
  }
  const auto first = level_of(a, *of_a), second = level_of(b, *of_b);
  contrast.value_ = std::log(first.value / second.value);
  contrast.error_ = std::hypot(log_error(first), log_error(second));
  return contrast;
}

std::vector<std::size_t> stretches(const Pairing& pairing) {
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
