#include "ablate/report/history_page.hpp"

#include "ablate/report/history_table.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/series_cells.hpp"

#include <fmt/format.h>

namespace ablate {

std::string history_page(const std::string& title, const std::vector<History>& histories) {
  HtmlPage page;
  page.title = title;
  std::vector<const RunSeries*> all;
  for (const auto& history : histories) {
    all.push_back(&history.series);
    auto tables = history_tables(history);
    page.lead_html += html_paragraph(tables.front().title, "lead");
    HtmlSection section{figure_id("history-of-" + machine_of(history)), machine_of(history), ""};
    if (histories.size() > 1) section.id += fmt::format("-{}", all.size());
    for (const auto& note : tables.front().notes) section.html += html_paragraph(note);
    section.html += html_figures(history_figures(history));
    for (std::size_t i = 1; i < tables.size(); ++i) section.html += html_table(tables[i]);
    page.sections.push_back(std::move(section));
  }
  page.data_json = series_cards(all);
  return to_html(page);
}

}  // namespace ablate
