#include "ablate/report/points.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

bool is_timed(const std::string& metric) {
  const auto* known = metric_named(metric);
  return known && known->timed;
}

std::string reason_of(const Reading& reading) {
  const auto word = placeholder(reading.record);
  if (!reading.record || reading.record->reason.empty()) return word;
  return fmt::format("{}: {}", word, reading.record->reason);
}

}  // namespace

std::optional<double> Point::value(const std::string& variant) const {
  const auto found = readings.find(variant);
  return found == readings.end() ? std::nullopt : found->second.value;
}

std::vector<Point> points_of(const SectionView& view, const std::string& metric, const Place& where) {
  std::vector<Point> points;
  std::map<Place, std::size_t> known;
  for (const auto& placement : view.placements()) {
    if (!includes(placement.at, where)) continue;
    auto place = placement.at;
    const auto variant = place.at("variant");
    for (const char* dimension : {"variant", "group"}) place.erase(dimension);
    if (!is_timed(metric)) place.erase("device");
    const auto [at, is_new] = known.emplace(place, points.size());
    if (is_new) points.push_back({place, {}});
    auto& reading = points[at->second].readings[variant];
    if (reading.value) continue;
    reading.record = view.record(placement);
    if (reading.record) reading.value = value_of(*reading.record, metric);
  }
  return points;
}

std::vector<std::string> varying(const SectionView& view, const std::vector<Point>& points) {
  std::vector<Place> places;
  for (const auto& point : points) places.push_back(point.place);
  return varying(view.section(), places);
}

std::vector<std::string> reasons(const std::vector<Point>& points, const std::vector<std::string>& variants) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const auto& point : points)
    for (const auto& variant : variants) {
      const auto found = point.readings.find(variant);
      if (found == point.readings.end() || found->second.value) continue;
      const auto reason = reason_of(found->second);
      const auto known = std::ranges::find(counts, reason, &std::pair<std::string, std::size_t>::first);
      if (known == counts.end())
        counts.emplace_back(reason, 1);
      else
        ++known->second;
      break;  // one reason is enough to leave a point out
    }
  std::vector<std::string> lines;
  for (const auto& [reason, count] : counts)
    lines.push_back(fmt::format("{} {}", counted(count, "point"), reason));
  return lines;
}

}  // namespace ablate
