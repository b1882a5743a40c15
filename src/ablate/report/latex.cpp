#include "ablate/report/figure.hpp"
#include "ablate/report/format.hpp"
#include "ablate/report/latex_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace ablate {
namespace {

/// A type size and how many characters of it, roughly, one line of a two-column page holds: columns are 3.4
/// inches wide there, the page 7.
struct LatexSize {
  const char* command;
  std::size_t column, page;
};
constexpr std::array<LatexSize, 4> latex_sizes{
    {{"\\normalsize", 43, 92}, {"\\small", 48, 102}, {"\\footnotesize", 54, 115}, {"\\scriptsize", 61, 131}}};

struct LatexFit {
  const char* size = latex_sizes.back().command;
  bool page = true;    ///< across both columns
  bool whole = false;  ///< whether it fits even so
};

std::size_t latex_characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

/// In characters, the gaps between columns taken for two.
std::size_t latex_width(const Table& table) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    auto widest = latex_characters(table.columns[i].header);
    for (const auto& row : table.rows) widest = std::max(widest, latex_characters(row[i].text));
    width += widest + 2;
  }
  return width;
}

/// The largest type in which a column holds the table, or else the page.
LatexFit latex_fit(const Table& table) {
  const auto width = latex_width(table);
  for (const auto& size : latex_sizes)
    if (width <= size.column) return {size.command, false, true};
  for (const auto& size : latex_sizes)
    if (width <= size.page) return {size.command, true, true};
  return {};
}

std::string latex_row(const std::vector<std::string>& texts) {
  std::string line;
  for (const auto& text : texts) line += (line.empty() ? "    " : " & ") + latex_text(text);
  return line + " \\\\\n";
}

/// Labels to the left, numbers to the right: those of one column have as many digits behind the point.
std::string latex_alignment(const Table& table) {
  std::string letters;
  for (const auto& column : table.columns) letters += column.numeric ? 'r' : 'l';
  return letters;
}

std::string latex_grid(const Table& table) {
  std::vector<std::string> heads;
  for (const auto& column : table.columns) heads.push_back(column.header);
  std::string text = "    \\toprule\n" + latex_row(heads) + "    \\midrule\n";
  for (const auto& row : table.rows) {
    std::vector<std::string> texts;
    for (const auto& cell : row) texts.push_back(cell.text);
    text += latex_row(texts);
  }
  return text + "    \\bottomrule\n";
}

std::string latex_notes(const Table& table, const char* width) {
  if (table.notes.empty()) return {};
  auto text =
      fmt::format("  \\par\\smallskip\n  \\begin{{minipage}}{{{}}}\\footnotesize\\raggedright\n", width);
  for (const auto& note : table.notes) text += fmt::format("    {}\\par\n", latex_text(note));
  return text + "  \\end{minipage}\n";
}

std::string latex_float(const Table& table, const std::string& label) {
  const auto fit = latex_fit(table);
  const auto* environment = fit.page ? "table*" : "table";
  const auto* width = fit.page ? "\\textwidth" : "\\columnwidth";
  auto text =
      fit.whole ? std::string()
                : std::string("% Likely wider than a page: leave columns out, or turn it (sidewaystable).\n");
  text += fmt::format("\\begin{{{}}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  {}\n",
                      environment, latex_text(table.title), label, fit.size);
  text += "  \\setlength{\\tabcolsep}{2pt}\n";
  text += fmt::format("  \\begin{{tabular*}}{{{}}}{{@{{\\extracolsep{{\\fill}}}}{}@{{}}}}\n", width,
                      latex_alignment(table));
  text += latex_grid(table) + "  \\end{tabular*}\n" + latex_notes(table, width);
  return text + fmt::format("\\end{{{}}}\n", environment);
}

/// A title with its notes and no numbers: a paragraph.
std::string latex_paragraph(const Table& table) {
  auto text = fmt::format("\\paragraph{{{}}}\n", latex_text(table.title));
  for (const auto& note : table.notes) text += latex_text(note) + "\\par\n";
  return text;
}

}  // namespace

std::string to_latex(const std::vector<Table>& tables) {
  std::string text =
      "% Wants \\usepackage{booktabs} and \\usepackage[T1]{fontenc}; before LaTeX 2020 textcomp too.\n";
  std::map<std::string, std::size_t> used;
  for (const auto& table : tables) {
    auto label = figure_id(table.section + "-" + table.title);
    if (const auto before = used[label]++; before > 0) label += fmt::format("-{}", before + 1);
    text += "\n" + (has_values(table) ? latex_float(table, label) : latex_paragraph(table));
  }
  return text;
}

}  // namespace ablate
