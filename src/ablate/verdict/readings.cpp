#include "ablate/verdict/readings.hpp"

#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ablate {
namespace {

/// Counts are the same on every device.
bool is_count(const std::string& metric) {
  const auto* known = metric_named(metric);
  return known && !known->timed;
}

std::string why_missing(const Record* record, const std::string& metric) {
  if (!record) return "not run";
  if (record->status == Status::skipped) return "skipped: " + record->reason;
  if (record->status == Status::failed) return "failed: " + record->reason;
  const auto clock = clock_of(metric);
  const auto& reason = clock == Clock::device || clock == Clock::launch ? record->no_device
                       : clock == Clock::graph                          ? record->no_graph
                                                                        : record->reason;
  return reason.empty() ? fmt::format("no {} recorded", metric) : reason;
}

}  // namespace

Readings::Readings(const Study& study, const SectionView& view, const std::string& metric)
    : study_(study), view_(view), metric_(metric) {}

const Record* Readings::counted(const Place& place) const {
  const Record* found = nullptr;
  for (const auto& device : view_.labels("device")) {
    const auto* placement = view_.find(place, {{"device", device}});
    const auto* record = placement ? view_.record(*placement) : nullptr;
    if (record && value_of(*record, metric_)) return record;
    if (record) found = record;
  }
  return found;
}

CellReading Readings::at(const Place& here, const Place& other) const {
  CellReading reading;
  reading.place = here;
  for (const auto& [dimension, label] : other) reading.place[dimension] = label;
  for (const auto& pin : study_.variant(reading.place.at("variant")).at)
    if (reading.place.contains(pin.name)) reading.place[pin.name] = label(pin.name, pin.values.front());
  const auto* placement = view_.find(reading.place, {});
  if (placement) reading.record = view_.record(*placement);
  if (is_count(metric_) && !view_.labels("device").empty()) {
    reading.record = counted(reading.place);
  } else if (!placement) {
    reading.missing = "not part of the run";
    reading.absent = true;
    return reading;
  }
  if (reading.record && value_of(*reading.record, metric_)) return reading;
  reading.missing = why_missing(reading.record, metric_);
  reading.absent = reading.record && reading.record->status == Status::skipped;
  return reading;
}

std::vector<Place> Readings::places(const Place& fixed) const {
  std::vector<Place> places;
  std::set<Place> seen;
  for (const auto& placement : view_.placements()) {
    if (!includes(placement.at, fixed)) continue;
    auto place = placement.at;
    place.erase("group");
    if (is_count(metric_)) place.erase("device");
    if (seen.insert(place).second) places.push_back(std::move(place));
  }
  return places;
}

std::string name_of_pair(const Place& a, const Place& b) {
  auto first = a.at("variant"), second = b.at("variant");
  for (const auto& [dimension, label] : a) {
    const auto found = b.find(dimension);
    if (dimension == "variant" || found == b.end() || found->second == label) continue;
    first += " " + label;
    second += " " + found->second;
  }
  return fmt::format("{} / {}", first, second);
}

}  // namespace ablate
