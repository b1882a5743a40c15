#pragma once

#include "ablate/report/table.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ablate {

/// Which columns of a table a terminal shows.
struct Fitted {
  std::vector<std::size_t> columns;   ///< indices into Table::columns, in their order
  std::vector<std::string> left_out;  ///< metrics of which no column is shown, and heads of single columns
};

/// `widths` are those of the table's columns, which stand two spaces apart. Labels always stay. Metrics go
/// one after another, the least telling first; of the last one columns go from the right, and one is kept. A
/// `width` of 0 fits all.
Fitted fit(const Table& table, const std::vector<std::size_t>& widths, std::size_t width);

}  // namespace ablate
