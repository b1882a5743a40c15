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

const PlannedSection* planned_section(const Study& study, const Plan& plan, const std::string& id) {
  const auto found = std::ranges::find_if(plan.sections, [&](const PlannedSection& planned) {
    return study.sections.at(planned.section).id == id;
  });
  return found == plan.sections.end() ? nullptr : &*found;
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
  std::vector<std::string> dimensions;
  for (const auto& axis : view.section().axes) {
    std::set<std::string> labels;
    for (const auto& point : points)
      if (const auto found = point.place.find(axis.name); found != point.place.end())
        labels.insert(found->second);
    if (labels.size() > 1) dimensions.push_back(axis.name);
  }
  return dimensions;
}

std::string name_of(const Place& place, const std::vector<std::string>& dimensions) {
  std::vector<std::string> labels;
  for (const auto& dimension : dimensions)
    if (const auto found = place.find(dimension); found != place.end()) labels.push_back(found->second);
  return join(labels, " ");
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

std::string range_text(const std::vector<double>& ratios) {
  const auto [low, high] = std::ranges::minmax(ratios);
  const auto first = fmt::format("{:.2f}", low), last = fmt::format("{:.2f}", high);
  return first == last ? first : fmt::format("{}–{}", first, last);
}

}  // namespace ablate
