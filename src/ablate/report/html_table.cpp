#include "ablate/report/escape.hpp"
#include "ablate/report/html_page.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

std::string html_head(const TableColumn& column) {
  return fmt::format("<th scope=\"col\" aria-sort=\"none\"{}><button type=\"button\">{}</button></th>",
                     column.numeric ? " class=\"num\"" : "", escape_markup(column.header));
}

/// What rows are sorted by: the value, which the text may be a short form of.
std::string sort_key(const TableCell& cell) {
  const auto* number = std::get_if<double>(&cell.value);
  return number ? fmt::format(" data-value=\"{}\"", *number) : std::string();
}

std::string html_cell(const TableCell& cell, const TableColumn& column) {
  const bool is_label = column.metric.empty();
  const auto reach = cell.cell.empty() || is_label
                         ? std::string()
                         : fmt::format(" tabindex=\"-1\" data-cell=\"{}\"", escape_markup(cell.cell));
  const auto tag = is_label ? "th" : "td";
  return fmt::format("<{}{}{}{}{}>{}</{}>", tag, is_label ? " scope=\"row\"" : "",
                     column.numeric ? " class=\"num\"" : "", sort_key(cell), reach, escape_markup(cell.text),
                     tag);
}

std::string html_rows(const Table& table) {
  std::string rows;
  for (const auto& row : table.rows) {
    rows += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) rows += html_cell(row[i], table.columns[i]);
    rows += "</tr>\n";
  }
  return rows;
}

}  // namespace

std::string html_table(const Table& table) {
  const auto title = escape_markup(table.title);
  auto html = fmt::format("<div class=\"table\">\n<h3>{}</h3>\n", title);
  for (const auto& note : table.notes) html += html_paragraph(note);
  if (table.rows.empty() || !has_values(table)) return html + "</div>\n";
  html += fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table class=\"sortable\">"
      "<caption class=\"hidden\">{0}</caption>\n<thead><tr>",
      title);
  for (const auto& column : table.columns) html += html_head(column);
  return html + "</tr></thead>\n<tbody>\n" + html_rows(table) + "</tbody>\n</table></div>\n</div>\n";
}

}  // namespace ablate
