#include "ablate/report/layout.hpp"

#include <algorithm>
#include <set>

namespace ablate {
namespace {

/// `line` continued by every value that `dimension` has.
void continue_line(const SectionView& view, const Line& line, const std::string& dimension,
                   const Extras& extras, std::vector<Line>& lines) {
  const auto continued = [&]() -> Line& {
    lines.push_back(line);
    return lines.back();
  };
  if (dimension == "metric") {
    for (const auto& shown : extras.shown) continued().shown = shown;
  } else if (dimension == "part" || dimension == "trait") {
    for (const auto& item : extras.items) continued().item = item;
  } else {
    for (const auto& label : view.labels(dimension)) continued().place[dimension] = label;
  }
}

}  // namespace

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<Line> expand(const SectionView& view, const std::vector<const Placement*>& placements,
                         const std::vector<std::string>& dimensions, const Extras& extras) {
  std::vector<Line> lines(1);
  lines.front().dimensions = dimensions;
  std::vector<std::string> so_far;
  for (const auto& dimension : dimensions) {
    so_far.push_back(dimension);
    std::vector<Line> longer;
    for (const auto& line : lines) continue_line(view, line, dimension, extras, longer);
    // Dropped at once: groups times variants, say, are mostly places where nothing stands.
    std::set<Place> present;
    for (const auto* placement : placements) present.insert(project(placement->at, so_far));
    std::erase_if(longer, [&](const Line& line) { return !present.contains(line.place); });
    lines = std::move(longer);
  }
  std::erase_if(
      lines, [&](const Line& line) { return !line.item.empty() && !extras.has_item(line.place, line.item); });
  return lines;
}

}  // namespace ablate
