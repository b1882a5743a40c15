#include "ablate/base/text.hpp"

#include "ablate/report/fit.hpp"
#include "ablate/report/format.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// A statement is cut to this before another column goes for it.
constexpr std::size_t least_text = 32;

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string gap(to - std::min(to, columns_of(text)), ' ');
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

/// The heads, then the rows.
std::vector<std::vector<std::string>> lines_of(const Table& table) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : table.columns) lines.front().push_back(column.header);
  for (std::size_t row = 0; row < table.rows.size(); ++row) lines.push_back(texts_of(table, row));
  return lines;
}

std::string repeated(std::string_view sign, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += sign;
  return text;
}

class Grid {
 public:
  Grid(const Table& table, const TextStyle& style) : table_(table), style_(style), lines_(lines_of(table)) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      widths_.push_back(0);
      for (const auto& line : lines_) widths_.back() = std::max(widths_.back(), columns_of(line[i]));
    }
    auto least = widths_;
    for (std::size_t i = 0; i < least.size(); ++i)
      if (is_prose(i)) least[i] = std::min(least[i], least_text);
    fitted_ = fit(table, least, style.width);
    if (style.width > 0) clip(style.width);
  }

  std::string text() const {
    auto text = line_of(lines_.front());
    std::vector<std::string> rules;
    for (const auto width : widths_) rules.push_back(repeated(style_.unicode ? "─" : "-", width));
    text += line_of(rules);
    for (std::size_t row = 1; row < lines_.size(); ++row) text += line_of(lines_[row]);
    if (!fitted_.left_out.empty())
      text += fmt::format("(not shown, the terminal is too narrow: {})\n", join(fitted_.left_out));
    return text;
  }

 private:
  /// Text that may be cut: no label, no number.
  bool is_prose(std::size_t column) const {
    return !is_label(table_.columns[column]) && !table_.columns[column].numeric;
  }

  /// What is too much is taken off the prose, from the right.
  void clip(std::size_t width) {
    std::size_t total = 2 * fitted_.columns.size() - 2;
    for (const auto column : fitted_.columns) total += widths_[column];
    for (auto column = fitted_.columns.rbegin(); column != fitted_.columns.rend() && total > width;
         ++column) {
      if (!is_prose(*column) || widths_[*column] <= least_text) continue;
      const auto cut = std::min(total - width, widths_[*column] - least_text);
      widths_[*column] -= cut;
      total -= cut;
    }
  }

  std::string line_of(const std::vector<std::string>& texts) const {
    std::string line;
    for (const auto i : fitted_.columns)
      line += (line.empty() ? "" : "  ") + padded(clipped(texts[i], widths_[i], style_.unicode ? "…" : "~"),
                                                  widths_[i], table_.columns[i].numeric);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }

  const Table& table_;
  TextStyle style_;
  std::vector<std::vector<std::string>> lines_;
  std::vector<std::size_t> widths_;
  Fitted fitted_;
};

Table table_in_ascii(Table table) {
  const auto change = [](std::string& text) { text = in_ascii(text); };
  change(table.title);
  for (auto& note : table.notes) change(note);
  for (auto& column : table.columns) change(column.header);
  for (auto& row : table.rows)
    for (auto& cell : row) change(cell.text);
  return table;
}

std::string text_in(const Table& table, const TextStyle& style) {
  const auto title = columns_of(table.title);
  const auto rule = style.width > 0 ? std::min(title, style.width) : title;
  auto text = table.title + "\n" + repeated(style.unicode ? "═" : "=", rule) + "\n";
  for (const auto& note : table.notes) text += note + "\n";
  return has_values(table) ? text + "\n" + Grid(table, style).text() : text;
}

}  // namespace

std::string to_text(const Table& table, const TextStyle& style) {
  return style.unicode ? text_in(table, style) : text_in(table_in_ascii(table), style);
}

}  // namespace ablate
