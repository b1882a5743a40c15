#pragma once

#include "ablate/report/table.hpp"

namespace ablate {

/// The pieces of the summary. Each says what the numbers say, and judges nothing.

/// At each point of a section: its variants from the lowest value to the highest.
Table ranking_table(const Study& study, const Plan& plan, const Records& records, const Ranking& ranking);

/// For each pair of variants: between which labels of the axis their order changes, and where it would be in
/// between; only what is decided beyond noise counts.
Table crossover_table(const Study& study, const Plan& plan, const Records& records,
                      const Crossover& crossover);

/// At each point of a section: which variants no other beats on all metrics of the front.
Table pareto_table(const Study& study, const Plan& plan, const Records& records, const Pareto& front);

/// Of a run of several processes: what differs between them; without rows for any other run.
Table process_table(const Records& records);

/// A table for each metric of a section's sums; none where it has none.
std::vector<Table> sum_tables(const Study& study, const Plan& plan, const PlannedSection& section,
                              const Records& records);

}  // namespace ablate
