#pragma once

#include "ablate/report/figure.hpp"
#include "ablate/report/table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// A page that is one file: style, script and data are inside, and nothing is fetched. Texts are plain unless
/// they are called HTML; what comes from a study goes through `escape_markup`.

struct HtmlSection {
  std::string id;     ///< of letters, digits and dashes
  std::string title;  ///< its heading, and its name in the contents
  std::string html;   ///< what stands below the heading
};

struct HtmlPage {
  std::string title;
  std::string lead_html;  ///< under the title: what was measured, where, when
  std::vector<HtmlSection> sections;
  std::string data_json = "{}";  ///< what the script shows of a cell, by id: see docs/report.md
};

std::string to_html(const HtmlPage& page);

/// A table whose rows are sorted by a click on a column's head, with its title and notes above it. Numbers
/// that come from a record can be reached by pointer and keyboard.
std::string html_table(const Table& table);

/// A picture under its title; none without points.
std::string html_figure(const Figure& figure);
/// Several of them, side by side where there is room.
std::string html_figures(const std::vector<Figure>& figures);

/// "<p class=…>" of plain text; nothing for an empty one.
std::string html_paragraph(std::string_view text, std::string_view css_class = "note");

/// style.css and script.js as they were when this program was built.
std::string_view page_style();
std::string_view page_script();

}  // namespace ablate
