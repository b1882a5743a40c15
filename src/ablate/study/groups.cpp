#include "ablate/study/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ablate {
namespace {

/// Disjoint sets of cells.
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }

  std::size_t of(std::size_t cell) {
    while (parent_[cell] != cell) cell = parent_[cell] = parent_[parent_[cell]];
    return cell;
  }
  /// The smaller index stays the set's own.
  void unite(std::size_t a, std::size_t b) {
    a = of(a), b = of(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

bool is_paired(const Cell& cell) { return cell.protocol && cell.protocol->kind == Sampling::paired; }

/// What cells must share to be run in the same rounds at all.
std::string rounds_of(const Cell& cell) {
  return fmt::format("{} {} {}", cell.device, name(cell.protocol->cache), name(cell.protocol->clock));
}

std::string input_of(const Cell& cell) {
  return fmt::format("{} {} {} {} {}x{}", rounds_of(cell), name(cell.dtype), cell.batch, cell.channels.in,
                     cell.resolution.height, cell.resolution.width);
}

/// The point at which a section compares: without its variants, and without what the baseline changes.
std::string point_of(const Section& section, const Place& at) {
  std::string point;
  for (const auto& [dimension, label] : at) {
    const bool compared = dimension == "variant" || dimension == "group" ||
                          (section.baseline && section.baseline->contains(dimension));
    if (!compared) point += dimension + "=" + label + " ";
  }
  return point;
}

void unite_points(Sets& sets, const Study& study, const Plan& plan) {
  for (const auto& planned : plan.sections) {
    const auto& section = study.sections[planned.section];
    std::map<std::string, std::size_t> first;
    for (const auto& placement : planned.placements) {
      const auto& cell = plan.cells[placement.cell];
      if (section.protocols.empty() || !is_paired(cell)) continue;
      const auto point = rounds_of(cell) + " " + point_of(section, placement.at);
      const auto [known, is_new] = first.emplace(point, placement.cell);
      if (!is_new) sets.unite(known->second, placement.cell);
    }
  }
}

/// Cells that are the baseline of some section.
std::vector<bool> baselines_of(const Study& study, const Plan& plan) {
  std::vector<bool> is_baseline(plan.cells.size());
  for (const auto& planned : plan.sections) {
    const auto& baseline = study.sections[planned.section].baseline;
    if (!baseline) continue;
    for (const auto& placement : planned.placements) {
      const auto stands = [&](const auto& entry) {
        const auto label = placement.at.find(entry.first);
        return label != placement.at.end() && label->second == entry.second;
      };
      if (std::ranges::all_of(*baseline, stands)) is_baseline[placement.cell] = true;
    }
  }
  return is_baseline;
}

}  // namespace

std::vector<Group> groups_of(const Study& study, const Plan& plan) {
  Sets sets(plan.cells.size());
  std::map<std::string, std::size_t> by_input;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
    if (is_paired(plan.cells[cell])) {
      const auto [known, is_new] = by_input.emplace(input_of(plan.cells[cell]), cell);
      if (!is_new) sets.unite(known->second, cell);
    }
  unite_points(sets, study, plan);
  std::vector<Group> groups;
  std::map<std::size_t, std::size_t> index;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
    if (!is_paired(plan.cells[cell])) continue;
    const auto [known, is_new] = index.emplace(sets.of(cell), groups.size());
    if (is_new) groups.emplace_back();
    groups[known->second].cells.push_back(cell);
  }
  const auto is_baseline = baselines_of(study, plan);
  for (auto& group : groups) {
    const auto chosen =
        std::ranges::find_if(group.cells, [&](std::size_t cell) { return is_baseline[cell]; });
    group.baseline = chosen == group.cells.end() ? group.cells.front() : *chosen;
  }
  return groups;
}

}  // namespace ablate
