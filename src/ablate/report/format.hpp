#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/report/table.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ablate {

/// One table as plain text for a terminal, columns aligned.
std::string to_text(const Table& table);

/// Reads as it stands and renders on GitHub.
std::string to_markdown(const Table& table);
std::string to_markdown(const Study& study, const Environment& environment, const std::vector<Table>& tables);

/// Documented in docs/records.md and docs/tables.schema.json.
std::string to_json(const Study& study, const Environment& environment, const std::vector<Table>& tables);

/// One line a value: section, table, row labels, column, metric, value, unit, text, cell.
std::string to_csv(const std::vector<Table>& tables);

/// For a paper: a float a table with booktabs' rules, caption and label, the notes below it; in the largest
/// type in which it fits a column of a two-column page, or else the page.
std::string to_latex(const std::vector<Table>& tables);

/// Writes tables.md, tables.json and tables.csv into `directory`.
void write_tables(const std::filesystem::path& directory, const Study& study, const Environment& environment,
                  const std::vector<Table>& tables);

}  // namespace ablate
