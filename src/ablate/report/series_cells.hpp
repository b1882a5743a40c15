#pragma once

#include "ablate/report/table.hpp"
#include "ablate/report/units.hpp"
#include "ablate/verdict/series.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// Inside the report room: what tables of several runs have in common, over one another or one after the
/// other.

/// Whether a ratio of that run to the one that it is held against means something: they were measured on the
/// same machine.
bool comparable(const RunSeries& series, std::size_t run);

/// The verdict on the cell in that run; null where there is none to have.
const CellComparison* judged(const RunSeries& series, const SeriesCell& cell, std::size_t run);

/// "↑" where a cell is slower, "↓" where it is faster; empty without a difference that the runs can tell.
std::string mark_of(const CellComparison* change);

/// One unit for the latencies of all cells.
Unit latency_unit(const RunSeries& series);

/// A median in that unit, to the digits that its interval leaves; "skipped", "failed" or "—" without one.
TableCell latency_cell(const SeriesReading& reading, const Unit& unit);

/// "1.05 [1.03, 1.07]"; "—" where there is no such ratio, or an interval without ends.
TableCell ratio_text_cell(const std::optional<Estimate>& ratio, const std::string& id);

/// A number of the records that is exact.
struct ExactCount {
  const char* metric;
  std::int64_t Counts::*member;
};
inline constexpr std::array<ExactCount, 4> exact_counts{{{"params", &Counts::params},
                                                         {"buffers", &Counts::buffers},
                                                         {"macs", &Counts::macs},
                                                         {"bytes", &Counts::bytes}}};
std::optional<std::int64_t> count_of(const SeriesReading& reading, const ExactCount& count);

/// The cells that a run has a median of.
std::vector<const SeriesCell*> timed_cells(const RunSeries& series);

/// Those cells of the series, for labels.
std::vector<const Cell*> cells_of(const std::vector<const SeriesCell*>& lines);

/// For programs: one line a cell and run with all that the other tables show of it, intervals in columns.
Table readings_table(const RunSeries& series, const std::vector<std::string>& runs,
                     const std::string& section);

/// What a page shows of each cell: its record in the last run that has it. JSON, as `cell_cards`.
std::string series_cards(const std::vector<const RunSeries*>& all);

}  // namespace ablate
