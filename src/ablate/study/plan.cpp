#include "ablate/study/plan.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/study/cells.hpp"
#include "ablate/study/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace ablate {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > most - b ? most : a + b; }
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) { return b != 0 && a > most / b ? most : a * b; }

bool selects(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

[[noreturn]] void refuse(const Study& study, const std::string& pointer, std::uint64_t count,
                         std::uint64_t max_cells) {
  const auto shown = [](std::uint64_t number) {
    constexpr std::uint64_t last = std::numeric_limits<std::int64_t>::max();
    return with_thousands(static_cast<std::int64_t>(std::min(number, last)));
  };
  throw UserError(study.file.empty() ? pointer : study.file + ": " + pointer,
                  fmt::format("{}{} cells", count == most ? "more than " : "", shown(count)),
                  fmt::format("at most {}, or --max-cells N", shown(max_cells)));
}

/// One cell that a section asks for.
struct Request {
  Cell cell;
  Place at;
};

/// A variant at one index on each axis; index 0 where the variant pins the axis.
struct Point {
  std::vector<std::size_t> index;
  const Variant* variant = nullptr;
};

/// The axes of `section` as `variant` sees them: those that it pins hold one value.
std::vector<Axis> axes_for(const Variant& variant, const Section& section) {
  auto axes = section.axes;
  for (const auto& pin : variant.at)
    if (const auto axis = std::ranges::find(axes, pin.name, &Axis::name); axis != axes.end()) *axis = pin;
  return axes;
}

/// One step of an odometer, the last axis running fastest; false behind the last point.
bool advance(std::vector<std::size_t>& index, const std::vector<Axis>& axes) {
  for (auto at = axes.size(); at-- > 0;) {
    if (++index[at] < axes[at].values.size()) return true;
    index[at] = 0;
  }
  return false;
}

/// Whether the section has a cell at these indices of its axes: a half fraction leaves every other one out.
bool is_in_fraction(const Section& section, const std::vector<std::size_t>& index) {
  if (!section.factorial || !section.factorial->half) return true;
  std::size_t off = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const auto& factors = section.factorial->factors;
    if (index[i] != 0 && std::ranges::find(factors, section.axes[i].name) != factors.end()) ++off;
  }
  return off % 2 == 0;
}

/// Point after point with all variants at each: what is compared is measured close in time.
std::vector<Point> points_of(const std::vector<const Variant*>& variants, const Section& section) {
  std::vector<Point> points;
  for (const auto* variant : variants) {
    const auto axes = axes_for(*variant, section);
    std::vector<std::size_t> index(axes.size());
    do
      if (is_in_fraction(section, index)) points.push_back({index, variant});
    while (advance(index, axes));
  }
  std::ranges::stable_sort(points, {}, &Point::index);
  return points;
}

std::vector<const Variant*> selected_variants(const Study& study, const Section& section) {
  std::vector<const Variant*> variants;
  for (const auto& name : section.variants)
    if (selects(study.selection.variants, name)) variants.push_back(&study.variant(name));
  return variants;
}

/// Counting needs no device, so a section without times and without devices of its own is always selected.
bool selects_device(const Study& study, const Section& section, const std::string& device) {
  const auto has_axis = std::ranges::find(section.axes, "device", &Axis::name) != section.axes.end();
  return (section.protocols.empty() && !has_axis) || selects(study.selection.devices, device);
}

std::vector<Request> requests_of(const Study& study, const Section& section,
                                 const std::vector<const Variant*>& variants,
                                 const std::vector<BlockSpec>& blocks) {
  std::vector<Request> requests;
  for (const auto& [index, variant] : points_of(variants, section)) {
    const auto axes = axes_for(*variant, section);
    Place at{{"variant", variant->name}, {"group", variant->group}};
    std::vector<Axis> point;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      point.push_back({axes[i].name, {axes[i].values[index[i]]}});
      at.emplace(axes[i].name, label(axes[i].name, point.back().values.front()));
    }
    auto cell = make_cell(study, section, *variant, point, blocks);
    if (selects_device(study, section, cell.device)) requests.push_back({std::move(cell), std::move(at)});
  }
  return requests;
}

std::uint64_t count_points(const std::vector<const Variant*>& variants, const Section& section) {
  std::uint64_t count = 0;
  for (const auto* variant : variants) {
    std::uint64_t product = 1;
    for (const auto& axis : axes_for(*variant, section)) product = multiply(product, axis.values.size());
    if (section.factorial && section.factorial->half && product != most) product /= 2;
    count = add(count, product);
  }
  return count;
}

/// Labels of each dimension that occur in `placements`, in the order of the section.
std::map<std::string, std::vector<std::string>> labels_of(const Study& study, const Section& section,
                                                          const std::vector<Placement>& placements) {
  std::map<std::string, std::set<std::string>> waiting;
  for (const auto& placement : placements)
    for (const auto& [dimension, label] : placement.at) waiting[dimension].insert(label);
  std::map<std::string, std::vector<std::string>> labels;
  const auto add = [&](const std::string& dimension, const std::string& label) {
    if (waiting[dimension].erase(label) == 1) labels[dimension].push_back(label);
  };
  for (const auto& axis : section.axes)
    for (const auto& value : axis.values) add(axis.name, label(axis.name, value));
  for (const auto& name : section.variants) {
    const auto& variant = study.variant(name);
    add("variant", variant.name);
    add("group", variant.group);
    for (const auto& axis : axes_for(variant, section))
      for (const auto& value : axis.values) add(axis.name, label(axis.name, value));
  }
  return labels;
}

/// Cells by key, each once. What is only counted joins a timed cell that is the same but for the protocol.
class Cells {
 public:
  void offer_timed(const Cell& cell) {
    if (cell.protocol) timed_.try_emplace(key_without_protocol(cell), cell);
  }

  /// The cell that `cell` is measured as.
  Cell measured(Cell cell) const {
    if (cell.protocol) return cell;
    const auto found = timed_.find(key_without_protocol(cell));
    return found == timed_.end() ? cell : found->second;
  }

  std::size_t index_of(Cell cell) {
    const auto [known, is_new] = index_.try_emplace(key(cell), cells_.size());
    if (is_new) cells_.push_back(std::move(cell));
    return known->second;
  }

  std::vector<Cell> take() { return std::move(cells_); }

 private:
  std::map<std::string, Cell> timed_;
  std::map<std::string, std::size_t> index_;
  std::vector<Cell> cells_;
};

/// A typing error would quietly measure less.
void require_cells(const Study& study, const std::vector<Cell>& cells) {
  for (const auto& id : study.selection.cells)
    if (std::ranges::find(cells, id, &Cell::id) == cells.end())
      throw UserError(study.file.empty() ? "/selection/cells" : study.file + ": /selection/cells",
                      fmt::format("no cell of the selection is \"{}\"", id),
                      "an id that `ablate plan` prints");
}

}  // namespace

Plan plan(const Study& study, const std::vector<BlockSpec>& blocks, std::uint64_t max_cells) {
  std::map<std::size_t, std::vector<Request>> asked;
  for (std::size_t i = 0; i < study.sections.size(); ++i) {
    const auto& section = study.sections[i];
    if (!selects(study.selection.sections, section.id)) continue;
    const auto variants = selected_variants(study, section);
    if (const auto count = count_points(variants, section); count > max_cells)
      refuse(study, fmt::format("/sections/{}/axes", i), count, max_cells);
    if (auto requests = requests_of(study, section, variants, blocks); !requests.empty())
      asked.emplace(i, std::move(requests));
  }
  Cells cells;
  for (const auto& [section, requests] : asked)
    for (const auto& request : requests) cells.offer_timed(request.cell);
  Plan plan;
  for (auto& [index, requests] : asked) {
    PlannedSection planned{.section = index, .labels = {}, .placements = {}};
    for (auto& request : requests) {
      auto cell = cells.measured(std::move(request.cell));
      if (selects(study.selection.cells, cell.id))
        planned.placements.push_back({cells.index_of(std::move(cell)), std::move(request.at)});
    }
    if (planned.placements.empty()) continue;
    planned.labels = labels_of(study, study.sections[index], planned.placements);
    plan.sections.push_back(std::move(planned));
  }
  plan.cells = cells.take();
  require_cells(study, plan.cells);
  plan.groups = groups_of(study, plan);
  if (plan.cells.size() > max_cells) refuse(study, "/sections", plan.cells.size(), max_cells);
  return plan;
}

}  // namespace ablate
