#include "ablate/run/match_count.hpp"

#include "ablate/base/error.hpp"
#include "ablate/blocks/written.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/run/build_cell.hpp"

namespace ablate {

std::optional<std::int64_t> count_for_match(const Cell& cell, const std::string& metric) {
  try {
    if (metric == "params")
      return count_parameters(make_block(cell.block, cell.written.get(), cell.options, cell.form)->module());
    const auto built = build_cell(cell);
    const auto counts = count(*built.block, built.input);
    return metric == "macs" ? counts.macs : counts.bytes;
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace ablate
