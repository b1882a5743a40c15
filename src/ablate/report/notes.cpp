#include "ablate/report/notes.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ablate {
namespace {

using Placements = std::vector<const Placement*>;

constexpr std::size_t failures_told = 3;

bool shows(const Section& section, std::initializer_list<std::string_view> metrics) {
  return std::ranges::any_of(section.metrics, [&](const std::string& metric) {
    return std::ranges::find(metrics, metric) != metrics.end();
  });
}

bool is_timed(const Section& section) {
  return std::ranges::any_of(section.metrics, [](const std::string& name) {
    const auto* metric = metric_named(name);
    return metric && metric->timed;
  });
}

/// The built-in axes that the section's metrics depend on.
std::vector<std::string> axes_that_matter(const Section& section) {
  if (is_timed(section)) return {"batch", "channels", "resolution", "form", "device", "dtype"};
  if (shows(section, {"bytes"})) return {"batch", "channels", "resolution", "form", "dtype"};
  if (shows(section, {"macs"})) return {"batch", "channels", "resolution", "form"};
  return {"channels", "form"};
}

std::string label_of(const Cell& cell, const std::string& axis) {
  if (axis == "batch") return label(axis, OptionValue(cell.batch));
  if (axis == "channels") return label(axis, cell.channels);
  if (axis == "resolution") return label(axis, cell.resolution);
  if (axis == "form") return label(axis, cell.form);
  return axis == "device" ? cell.device : label(axis, cell.dtype);
}

/// The text that `text_of` gives of every cell; empty where they differ.
template <typename TextOf>
std::string common(const SectionView& view, const Placements& placements, TextOf text_of) {
  if (placements.empty()) return {};
  const auto text = text_of(view.cell(*placements.front()));
  const auto same = [&](const Placement* placement) { return text_of(view.cell(*placement)) == text; };
  return std::ranges::all_of(placements, same) ? text : std::string();
}

std::string calls(const Cell& cell) { return cell.protocol ? describe(*cell.protocol) : std::string(); }

/// "DWBlock at 64→96 channels, deploy": the labels that tell a cell from the others of its section.
std::string name_of(const SectionView& view, const Placement& placement) {
  std::vector<std::string> pieces;
  for (const auto& [dimension, label] : placement.at)
    if (dimension != "variant" && dimension != "group" && view.labels(dimension).size() > 1)
      pieces.push_back(phrase(dimension, label));
  const auto variant = placement.at.find("variant");
  const auto name = variant == placement.at.end() ? view.cell(placement).variant : variant->second;
  return pieces.empty() ? name : fmt::format("{} at {}", name, join(pieces));
}

/// A section may place one cell twice; it is one absence.
Placements each_cell_once(const Placements& placements) {
  Placements once;
  std::set<std::size_t> seen;
  for (const auto* placement : placements)
    if (seen.insert(placement->cell).second) once.push_back(placement);
  return once;
}

/// A skipped cell may have been counted: then nothing is missing where only counts are shown.
bool has_all(const Record* record, const Section& section) {
  return record && std::ranges::all_of(section.metrics, [&](const std::string& metric) {
           return metric == "traits" ? !record->traits.empty() : value_of(*record, metric).has_value();
         });
}

std::string how_many(std::size_t count, std::size_t all) {
  return count == all && all > 1 ? fmt::format("all {}", counted(count, "cell")) : counted(count, "cell");
}

/// How often each reason was given, in the order in which they first were.
using Reasons = std::vector<std::pair<std::string, std::size_t>>;

void add(Reasons& reasons, const std::string& reason) {
  const auto known = std::ranges::find(reasons, reason, &Reasons::value_type::first);
  if (known == reasons.end())
    reasons.emplace_back(reason, 1);
  else
    ++known->second;
}

}  // namespace

std::string conditions(const SectionView& view, const Placements& placements,
                       const std::vector<std::string>& told) {
  std::vector<std::string> pieces;
  for (const auto& axis : axes_that_matter(view.section())) {
    if (std::ranges::find(told, axis) != told.end()) continue;
    const auto text = common(view, placements, [&](const Cell& cell) { return label_of(cell, axis); });
    if (!text.empty()) pieces.push_back(phrase(axis, text));
  }
  auto line = join(pieces);
  if (const auto protocol = common(view, placements, calls); is_timed(view.section()) && !protocol.empty())
    line += (line.empty() ? "" : "; ") + protocol;
  return line;
}

std::vector<std::string> fallbacks(const SectionView& view, const Placements& placements) {
  if (!is_timed(view.section())) return {};
  Reasons reasons;
  for (const auto* placement : each_cell_once(placements)) {
    const auto* record = view.record(*placement);
    if (record && record->kernel && record->kernel->scheme == name(Form::folded))
      add(reasons, record->kernel->why);
  }
  std::vector<std::string> lines;
  for (const auto& [reason, count] : reasons)
    lines.push_back(fmt::format("{} of the form fused ran as folded: {}", counted(count, "cell"), reason));
  return lines;
}

std::vector<std::string> matches(const SectionView& view, const Placements& placements) {
  const auto& match = view.section().match;
  if (!match) return {};
  const auto is_shown = [&](const MatchedWidth& width) {
    auto place = width.at;
    place.emplace("variant", width.variant);
    return std::ranges::any_of(placements,
                               [&](const Placement* placement) { return includes(placement->at, place); });
  };
  std::vector<std::pair<Place, std::vector<std::string>>> points;
  for (const auto& width : match->solved) {
    if (!is_shown(width)) continue;
    if (points.empty() || points.back().first != width.at) points.push_back({width.at, {}});
    points.back().second.push_back(
        fmt::format("{} {} channels, {:.3f} ×", width.variant, width.channels, width.ratio));
  }
  std::vector<std::string> lines;
  for (const auto& [at, widths] : points) {
    std::vector<std::string> labels;
    for (const auto& [axis, label] : at) labels.push_back(phrase(axis, label));
    lines.push_back(fmt::format("as wide as gives the {} of {}{}{}, counted in the form {}: {}",
                                metric_named(match->metric)->title, match->to, labels.empty() ? "" : " at ",
                                join(labels), name(match->form), join(widths, "; ")));
  }
  return lines;
}

std::vector<std::string> absences(const SectionView& view, const Placements& placements) {
  const auto cells = each_cell_once(placements);
  Reasons skipped;
  std::vector<std::string> failures;
  std::size_t not_run = 0;
  for (const auto* placement : cells) {
    const auto* record = view.record(*placement);
    if (has_all(record, view.section())) continue;
    if (!record) {
      ++not_run;
    } else if (record->status == Status::failed) {
      failures.push_back(fmt::format("{} failed: {}", name_of(view, *placement), record->reason));
    } else if (record->status == Status::skipped) {
      add(skipped, record->reason);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [reason, count] : skipped)
    lines.push_back(fmt::format("{} skipped: {}", how_many(count, cells.size()), reason));
  for (std::size_t i = 0; i < std::min(failures.size(), failures_told); ++i) lines.push_back(failures[i]);
  if (failures.size() > failures_told)
    lines.push_back(fmt::format("and {} more failed", counted(failures.size() - failures_told, "cell")));
  if (not_run > 0)
    lines.push_back(fmt::format("{} not run: the run ended before", how_many(not_run, cells.size())));
  return lines;
}

}  // namespace ablate
