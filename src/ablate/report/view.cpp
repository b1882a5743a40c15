#include "ablate/report/view.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

Place without_group(Place place) {
  place.erase("group");
  return place;
}

}  // namespace

SectionView::SectionView(const Study& study, const Plan& plan, const PlannedSection& planned,
                         const Records& records)
    : section_(study.sections.at(planned.section)), plan_(plan), planned_(planned), records_(records) {
  for (const auto& placement : planned.placements) by_place_.emplace(without_group(placement.at), &placement);
}

const std::vector<std::string>& SectionView::labels(const std::string& dimension) const {
  static const std::vector<std::string> none;
  const auto found = planned_.labels.find(dimension);
  return found == planned_.labels.end() ? none : found->second;
}

const Record* SectionView::record(const Placement& placement) const {
  const auto found = records_.find(cell(placement).id);
  return found == records_.end() ? nullptr : &found->second;
}

const Placement* SectionView::find(const Place& here, const Place& other) const {
  auto place = here;
  for (const auto& [dimension, label] : other) place[dimension] = label;
  const auto found = by_place_.find(without_group(std::move(place)));
  return found == by_place_.end() ? nullptr : found->second;
}

Place project(const Place& place, const std::vector<std::string>& dimensions) {
  Place part;
  for (const auto& dimension : dimensions)
    if (const auto found = place.find(dimension); found != place.end()) part.insert(*found);
  return part;
}

bool includes(const Place& place, const Place& part) {
  return std::ranges::all_of(part, [&](const auto& entry) {
    const auto found = place.find(entry.first);
    return found != place.end() && found->second == entry.second;
  });
}

std::string phrase(const std::string& dimension, const std::string& label) {
  static const std::vector<std::string> plain{"variant", "group", "form", "device", "dtype", "resolution"};
  if (std::ranges::find(plain, dimension) != plain.end()) return label;
  return dimension == "channels" ? label + " channels" : dimension + " " + label;
}

std::string counted(std::size_t count, const std::string& thing) {
  return fmt::format("{} {}{}", with_thousands(static_cast<std::int64_t>(count)), thing,
                     count == 1 ? "" : "s");
}

std::string placeholder(const Record* record) {
  if (!record) return "not run";
  if (record->status == Status::skipped) return "skipped";
  return record->status == Status::failed ? "failed" : "—";
}

}  // namespace ablate
