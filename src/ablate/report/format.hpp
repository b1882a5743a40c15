#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/report/table.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ablate {

/// How a table is printed for a person.
struct TextStyle {
  std::size_t width = 0;  ///< columns of the terminal; 0: as many as the table takes
  bool unicode = true;    ///< otherwise lines and signs such as ± and × are spelled in ASCII
};

/// One table as plain text for a terminal, columns aligned. Where it is wider than the style allows, the
/// least telling columns are left out, and a line says which.
std::string to_text(const Table& table, const TextStyle& style = {});

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
