#pragma once

#include "ablate/study/study.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// One variant at one point of the axes, with everything that decides what is measured.
struct Cell {
  std::string id;       ///< sixteen hexadecimal digits, from `key(cell)`: stable over runs and machines
  std::string variant;  ///< the first name that the study gives it
  std::string block;    ///< a registered name, or the text of what the study writes (base/block_expr)
  std::shared_ptr<const BlockExpr> written;  ///< null: a registered block. Records do not hold it
  Options options;  ///< complete, channels among them where the block has such options
  Form form = Form::train;
  std::string device = "cpu";
  Dtype dtype = Dtype::float32;
  std::int64_t batch = 1;
  Channels channels;
  Resolution resolution;
  std::uint64_t seed =
      0;  ///< of weights and input: the same for every form, device, dtype, batch and protocol
  bool tf32 = false;
  std::optional<Protocol> protocol;  ///< none: only counted, not timed
};

/// Everything that tells one cell from another, as text; `id` is its hash.
std::string key(const Cell& cell);

/// A cell as one section shows it: the label it has on each dimension ("variant", "group", the axes).
struct Placement {
  std::size_t cell = 0;  ///< index into Plan::cells
  Place at;
};

struct PlannedSection {
  std::size_t section = 0;                                 ///< index into Study::sections
  std::map<std::string, std::vector<std::string>> labels;  ///< dimension → its labels, in order
  std::vector<Placement> placements;
};

/// Cells that the paired protocol measures in the same rounds.
struct Group {
  std::vector<std::size_t> cells;  ///< indices into Plan::cells, in its order
  std::size_t baseline = 0;        ///< one of them: what the ratios are taken to; it has a twin
};

/// Every cell once, however many sections show it; in the order in which sections first ask for them.
struct Plan {
  std::vector<Cell> cells;
  std::vector<PlannedSection> sections;
  std::vector<Group> groups;  ///< of the cells with a paired protocol; each stands in one
};

inline constexpr std::uint64_t default_max_cells = 5000;

/// Throws UserError where the axes' product is more than `max_cells`, before it is made, and for options of a
/// variant that its block does not allow at some point.
Plan plan(const Study& study, const std::vector<BlockSpec>& blocks,
          std::uint64_t max_cells = default_max_cells);

}  // namespace ablate
