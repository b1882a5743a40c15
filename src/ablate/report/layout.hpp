#pragma once

#include "ablate/report/view.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// What one column, or one row, of a table shows of its cells.
struct Shown {
  std::string metric;   ///< a metric's name, or "type" of a part
  std::string title;    ///< "mean"
  std::string unit;     ///< of the values, as a Metric has it
  bool versus = false;  ///< not the value, but how far it lies from the baseline's
  bool numeric = true;

  /// What JSON and CSV call it: "latency.mean", "latency.mean.vs_baseline".
  std::string name() const { return versus ? metric + ".vs_baseline" : metric; }
};

/// One row or column by what it stands for.
struct Line {
  Place place;                          ///< labels on the dimensions of the study
  std::optional<Shown> shown;           ///< on the dimension "metric"
  std::string item;                     ///< on the dimensions "part" and "trait"
  std::vector<std::string> dimensions;  ///< all of these, in the order of the layout
};

/// What stands on the dimensions that are no label of a cell.
struct Extras {
  std::vector<Shown> shown;
  std::vector<std::string> items;
  /// Whether a cell at this place has the item.
  std::function<bool(const Place&, const std::string&)> has_item;
};

bool contains(const std::vector<std::string>& names, std::string_view name);

/// All combinations of the labels of `dimensions`, the last one running fastest, without those at which none
/// of `placements` stands.
std::vector<Line> expand(const SectionView& view, const std::vector<const Placement*>& placements,
                         const std::vector<std::string>& dimensions, const Extras& extras);

}  // namespace ablate
