#include "ablate/verdict/align.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace ablate {
namespace {

/// A property of cells that a whole run may have one of.
struct Property {
  const char* name;
  std::string (*text)(const Cell&);
  void (*take)(Cell& cell, const Cell& from);
};

const std::vector<Property>& properties() {
  static const std::vector<Property> all{{"form", [](const Cell& c) { return std::string(name(c.form)); },
                                          [](Cell& cell, const Cell& from) { cell.form = from.form; }},
                                         {"dtype", [](const Cell& c) { return std::string(name(c.dtype)); },
                                          [](Cell& cell, const Cell& from) { cell.dtype = from.dtype; }},
                                         {"device", [](const Cell& c) { return c.device; },
                                          [](Cell& cell, const Cell& from) { cell.device = from.device; }}};
  return all;
}

/// Each run has a single one, and not all the same.
bool tells_runs_apart(const Property& property, const std::vector<ComparedRun>& runs) {
  std::set<std::string> of_all;
  for (const auto& run : runs) {
    std::set<std::string> of_run;
    for (const auto& [id, record] : run.records) of_run.insert(property.text(record.cell));
    if (of_run.size() != 1) return false;
    of_all.insert(*of_run.begin());
  }
  return of_all.size() > 1;
}

/// The cell of the first run at the same place as `cell` for each key.
using Places = std::map<std::string, const Cell*>;

void rename(ComparedRun& run, const Places& places, const std::function<std::string(const Cell&)>& place) {
  std::map<std::string, const Cell*> renamed;
  for (const auto& [id, record] : run.records)
    if (const auto found = places.find(place(record.cell)); found != places.end())
      renamed.emplace(id, found->second);
  Records records;
  for (auto& [id, record] : run.records) {
    if (const auto found = renamed.find(id); found != renamed.end()) record.cell = *found->second;
    if (record.pairing)
      if (const auto found = renamed.find(record.pairing->baseline); found != renamed.end())
        record.pairing->baseline = found->second->id;
    records.insert_or_assign(record.cell.id, std::move(record));
  }
  run.records = std::move(records);
  run.floors = noise_floors(run.records);
}

}  // namespace

std::vector<std::string> align(std::vector<ComparedRun>& runs) {
  std::vector<const Property*> levelled;
  for (const auto& property : properties())
    if (!runs.empty() && tells_runs_apart(property, runs)) levelled.push_back(&property);
  std::vector<std::string> names;
  if (levelled.empty()) return names;
  for (const auto* property : levelled) names.emplace_back(property->name);
  const auto first = runs.front().records.begin()->second.cell;
  const auto place = [&](Cell cell) {
    for (const auto* property : levelled) property->take(cell, first);
    return key(cell);
  };
  Places places;
  for (const auto& [id, record] : runs.front().records) places.emplace(place(record.cell), &record.cell);
  for (std::size_t i = 1; i < runs.size(); ++i) rename(runs[i], places, place);
  return names;
}

}  // namespace ablate
