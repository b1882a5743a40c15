#pragma once

#include "ablate/record/store.hpp"
#include "ablate/study/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ablate {

/// The room `report` turns records into tables, and tables into files. It knows no torch and measures
/// nothing: a report can be made anew from an old run, on any machine, and says nothing that the records do
/// not.

/// What stands at one place of a table: what a person reads, and what a program reads.
struct TableCell {
  std::string text;                                         ///< "0.2257 ± 0.0433", "skipped", "—"
  std::variant<std::monostate, double, std::string> value;  ///< SI units
  std::string cell;                                         ///< id of the record it comes from; may be empty
};

/// Stands for the metric of a column where each row shows another one; the value under the head "metric" is
/// then the name of the row's metric.
inline constexpr std::string_view metric_by_row = "by row";

struct TableColumn {
  std::string header;  ///< "DWBlock mean (ms)"
  std::string metric;  ///< "latency.mean", "latency.mean.vs_baseline"; empty for a column of labels
  std::string unit;    ///< of the values, not of the text: "s"
  bool numeric = true;
};

struct Table {
  std::string section;  ///< id of the section it belongs to
  std::string title;
  std::vector<std::string> notes;  ///< one line each, below the title: what was skipped, what failed
  std::vector<TableColumn> columns;
  std::vector<std::vector<TableCell>> rows;
};

/// Whether any cell beside the labels holds a value. A table without one is printed as its title and notes.
bool has_values(const Table& table);

/// The tables of one section, one for each label of its split; behind those of a factorial section its
/// effects.
std::vector<Table> section_tables(const Study& study, const Plan& plan, const PlannedSection& section,
                                  const Records& records);

/// The tables of one section, and behind them those of its sums.
std::vector<Table> tables_of(const Study& study, const Plan& plan, const PlannedSection& section,
                             const Records& records);

/// Rankings, crossovers and Pareto fronts, where the study asks for them; the noise floor, where the run has
/// one; the verdicts on its claims.
std::vector<Table> summary_tables(const Study& study, const Plan& plan, const Records& records);

/// All of a study's tables, in the order of its sections, each with the sums of its parts behind it, the
/// summary last.
std::vector<Table> all_tables(const Study& study, const Plan& plan, const Records& records);

}  // namespace ablate
