#pragma once

#include "ablate/report/table.hpp"

namespace ablate {

/// The pieces of the summary. Each says what the numbers say, and judges nothing.

/// At each point of a section: its variants from the lowest value to the highest.
Table ranking_table(const Study& study, const Plan& plan, const Records& records, const Ranking& ranking);

/// For each pair of variants: between which labels of the axis their order changes.
Table crossover_table(const Study& study, const Plan& plan, const Records& records,
                      const Crossover& crossover);

/// Each statement that the study lists, beside what the numbers say of it.
Table findings_table(const Study& study, const Plan& plan, const Records& records);

}  // namespace ablate
