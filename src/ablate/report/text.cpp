#include "ablate/report/format.hpp"

#include <algorithm>

namespace ablate {
namespace {

/// Columns a text takes on a terminal: bytes that continue a UTF-8 sequence take none. Wide scripts are not
/// told apart; the texts made here have none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string gap(to - std::min(to, width(text)), ' ');
  return right ? gap + text : text + gap;
}

bool is_label(const TableColumn& column) { return column.metric.empty(); }

/// Leading labels that the row above has too are left out; the last label always stands.
std::vector<std::string> texts_of(const Table& table, std::size_t row) {
  std::vector<std::string> texts;
  for (const auto& cell : table.rows[row]) texts.push_back(cell.text);
  if (row == 0) return texts;
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    if (!is_label(table.columns[i + 1]) || table.rows[row - 1][i].text != texts[i]) break;
    texts[i].clear();
  }
  return texts;
}

std::string line_of(const Table& table, const std::vector<std::size_t>& widths,
                    const std::vector<std::string>& texts) {
  std::string line;
  for (std::size_t i = 0; i < texts.size(); ++i)
    line += (i == 0 ? "" : "  ") + padded(texts[i], widths[i], table.columns[i].numeric);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string text_grid(const Table& table) {
  std::vector<std::string> heads, rules;
  std::vector<std::vector<std::string>> rows;
  for (const auto& column : table.columns) heads.push_back(column.header);
  for (std::size_t row = 0; row < table.rows.size(); ++row) rows.push_back(texts_of(table, row));
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    widths.push_back(width(heads[i]));
    for (const auto& row : rows) widths.back() = std::max(widths.back(), width(row[i]));
    rules.emplace_back(widths.back(), '-');
  }
  auto text = line_of(table, widths, heads) + line_of(table, widths, rules);
  for (const auto& row : rows) text += line_of(table, widths, row);
  return text;
}

}  // namespace

std::string to_text(const Table& table) {
  auto text = table.title + "\n" + std::string(width(table.title), '=') + "\n";
  for (const auto& note : table.notes) text += note + "\n";
  return has_values(table) ? text + "\n" + text_grid(table) : text;
}

}  // namespace ablate
