#pragma once

#include "ablate/report/table.hpp"

#include <string>
#include <vector>

namespace ablate {

/// What tells cells of a table from each other where no section lays them out: the variant, and whichever of
/// form, device, dtype, batch, channels, resolution and options has more than one value among them.
class CellLabels {
 public:
  explicit CellLabels(const std::vector<const Cell*>& cells);

  std::vector<TableColumn> columns() const;
  std::vector<TableCell> row(const Cell& cell) const;
  /// "all: deploy, cuda, float32, batch 1": what all cells share; empty where that is nothing.
  std::string shared() const;

 private:
  std::vector<std::size_t> shown_;   ///< dimensions, by number
  std::vector<std::string> common_;  ///< texts of the others
};

}  // namespace ablate
