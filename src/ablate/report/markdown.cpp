#include "ablate/base/text.hpp"
#include "ablate/report/environment_facts.hpp"
#include "ablate/report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ablate {
namespace {

/// What Markdown would take for its own: a pipe ends a cell, the others begin emphasis, links, HTML or code.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      safe += ' ';
      continue;
    }
    if (std::string_view("\\|*_`[]<>").find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string row_of(const std::vector<std::string>& texts) {
  std::string line = "|";
  for (const auto& text : texts) line += fmt::format(" {} |", text);
  return line + "\n";
}

std::string markdown_grid(const Table& table) {
  std::vector<std::string> heads, rules;
  for (const auto& column : table.columns) {
    heads.push_back(escaped(column.header));
    rules.emplace_back(column.numeric ? "---:" : "---");
  }
  auto text = row_of(heads) + row_of(rules);
  for (const auto& row : table.rows) {
    std::vector<std::string> texts;
    for (const auto& cell : row) texts.push_back(escaped(cell.text));
    text += row_of(texts);
  }
  return text;
}

std::string environment_text(const Environment& environment) {
  auto text = row_of({"measured on", ""}) + row_of({"---", "---"});
  for (const auto& [fact, value] : environment_facts(environment)) text += row_of({fact, escaped(value)});
  return text;
}

std::string protocols_text(const Study& study) {
  std::string text;
  for (const auto& [name, description] : protocol_facts(study))
    text += fmt::format("- protocol {}: {}\n", escaped(name), description);
  return text;
}

/// Cells by the word that stands in place of their numbers; a cell that several tables show counts once.
std::string absences_text(const std::vector<Table>& tables) {
  std::set<std::string> cells, skipped, failed, not_run;
  for (const auto& table : tables)
    for (const auto& row : table.rows)
      for (const auto& cell : row) {
        if (cell.cell.empty()) continue;
        cells.insert(cell.cell);
        if (cell.text == "skipped") skipped.insert(cell.cell);
        if (cell.text == "failed") failed.insert(cell.cell);
        if (cell.text == "not run") not_run.insert(cell.cell);
      }
  const auto count = [](const auto& set) { return with_thousands(static_cast<std::int64_t>(set.size())); };
  return fmt::format("- {} cells; {} skipped, {} failed, {} not run\n", count(cells), count(skipped),
                     count(failed), count(not_run));
}

}  // namespace

std::string to_markdown(const Table& table) {
  auto text = fmt::format("## {}\n", escaped(table.title));
  for (const auto& note : table.notes) text += fmt::format("\n{}\n", escaped(note));
  return has_values(table) ? text + "\n" + markdown_grid(table) : text;
}

std::string to_markdown(const Study& study, const Environment& environment,
                        const std::vector<Table>& tables) {
  auto text = fmt::format("# {}\n\n{}\n", escaped(study.title), environment_text(environment));
  text += protocols_text(study) + absences_text(tables);
  for (const auto& table : tables) text += "\n" + to_markdown(table);
  return text;
}

}  // namespace ablate
