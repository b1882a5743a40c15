#include "ablate/report/items.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

using Placements = std::vector<const Placement*>;

constexpr const char* own = "(own)";
constexpr const char* total = "total";

const TableCell nothing{"—", {}, {}};

std::vector<std::string> trait_names(const Record& record) {
  std::vector<std::string> names;
  for (const auto& [name, text] : record.traits) names.push_back(name);
  return names;
}

/// What is left of a block's counts without its parts: a parameter may belong to the block itself.
Part own_part(const Record& record) {
  Part rest{own, "", record.counts->params, record.counts->buffers};
  for (const auto& part : record.parts) {
    rest.params -= part.params;
    rest.buffers -= part.buffers;
  }
  return rest;
}

std::vector<Part> all_parts(const Record& record) {
  auto parts = record.parts;
  if (!record.counts) return parts;
  if (const auto rest = own_part(record); rest.params != 0 || rest.buffers != 0) parts.push_back(rest);
  parts.push_back({total, "", record.counts->params, record.counts->buffers});
  return parts;
}

std::vector<std::string> part_names(const Record& record) {
  std::vector<std::string> names;
  for (const auto& part : all_parts(record)) names.push_back(part.name);
  return names;
}

template <typename NamesOf>
Extras extras_of(const SectionView& view, const Placements& placements, NamesOf names_of) {
  Extras extras;
  for (const auto* placement : placements)
    if (const auto* record = view.record(*placement))
      for (auto& name : names_of(*record))
        if (!contains(extras.items, name)) extras.items.push_back(std::move(name));
  extras.has_item = [&view, placements, names_of](const Place& place, const std::string& item) {
    return std::ranges::any_of(placements, [&](const Placement* placement) {
      const auto* record = view.record(*placement);
      return record && includes(placement->at, place) && contains(names_of(*record), item);
    });
  };
  return extras;
}

}  // namespace

Extras trait_extras(const SectionView& view, const Placements& placements) {
  auto extras = extras_of(view, placements, trait_names);
  extras.shown = {{"traits", "", "", false, false}};
  return extras;
}

Extras part_extras(const SectionView& view, const Placements& placements) {
  auto extras = extras_of(view, placements, part_names);
  for (const char* last : {own, total})
    if (std::erase(extras.items, last) > 0) extras.items.emplace_back(last);
  extras.shown = {{"type", "type", "", false, false}};
  const auto& asked = view.section().metrics;
  const bool params = contains(asked, "params"), buffers = contains(asked, "buffers");
  if (params || !buffers) extras.shown.push_back({"params", "params", "", false, true});
  if (buffers || !params) extras.shown.push_back({"buffers", "buffers", "", false, true});
  return extras;
}

TableCell trait_cell(const Record& record, const std::string& trait) {
  for (const auto& [name, text] : record.traits)
    if (name == trait) return {text, text, record.cell.id};
  return nothing;
}

TableCell part_cell(const Record& record, const std::string& name, const Shown& shown) {
  const auto parts = all_parts(record);
  const auto part = std::ranges::find(parts, name, &Part::name);
  if (part == parts.end()) return nothing;
  if (shown.metric == "type") return {part->type, part->type, record.cell.id};
  const auto count = shown.metric == "params" ? part->params : part->buffers;
  return {with_thousands(count), static_cast<double>(count), record.cell.id};
}

TableCell traits_cell(const Record& record) {
  std::vector<std::string> pieces;
  for (const auto& [name, text] : record.traits) pieces.push_back(fmt::format("{}: {}", name, text));
  if (pieces.empty()) return {placeholder(&record), {}, record.cell.id};
  const auto text = join(pieces, "; ");
  return {text, text, record.cell.id};
}

}  // namespace ablate
