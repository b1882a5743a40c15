#include "ablate/verdict/section_view.hpp"

#include "ablate/base/text.hpp"

#include <algorithm>
#include <set>

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

const PlannedSection* planned_section(const Study& study, const Plan& plan, const std::string& id) {
  const auto found = std::ranges::find_if(plan.sections, [&](const PlannedSection& planned) {
    return study.sections.at(planned.section).id == id;
  });
  return found == plan.sections.end() ? nullptr : &*found;
}

std::vector<std::string> varying(const Section& section, const std::vector<Place>& places) {
  std::vector<std::string> dimensions;
  for (const auto& axis : section.axes) {
    std::set<std::string> labels;
    for (const auto& place : places)
      if (const auto found = place.find(axis.name); found != place.end()) labels.insert(found->second);
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

}  // namespace ablate
