#include "ablate/report/html_page.hpp"

#include "ablate/report/escape.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

std::string contents(const HtmlPage& page) {
  std::string items;
  for (const auto& section : page.sections)
    items += fmt::format("<li><a href=\"#{}\">{}</a></li>", escape_markup(section.id),
                         escape_markup(section.title));
  return "<nav aria-label=\"Contents\"><ol>" + items + "</ol></nav>\n";
}

std::string html_of(const HtmlSection& section) {
  const auto id = escape_markup(section.id);
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-head\">\n<h2 id=\"{0}-head\">{1}</h2>\n", id,
                     escape_markup(section.title)) +
         section.html + "</section>\n";
}

/// Before anything is drawn, so that a page does not flash in the other theme.
constexpr std::string_view first_script =
    "<script>try{const t=localStorage.getItem('ablate-theme');"
    "if(t)document.documentElement.dataset.theme=t}catch{}</script>\n";

}  // namespace

std::string to_html(const HtmlPage& page) {
  const auto title = escape_markup(page.title);
  // The policy forbids what the page does not do: to load anything.
  auto html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n",
      title);
  html += page_style();
  html += "</style>\n";
  html += first_script;
  html +=
      "</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n<div "
      "class=\"top\"><h1>";
  html += title + "</h1><button id=\"theme\" type=\"button\">Theme: auto</button></div>\n";
  html += page.lead_html + "</header>\n" + contents(page) + "<main id=\"main\">\n";
  for (const auto& section : page.sections) html += html_of(section);
  html +=
      "</main>\n<div id=\"card\" role=\"dialog\" aria-label=\"Record of a cell\" hidden></div>\n"
      "<div id=\"said\" role=\"status\" aria-live=\"polite\"></div>\n"
      "<script type=\"application/json\" id=\"cells\">";
  html += escape_script(page.data_json) + "</script>\n<script>\n";
  html += page_script();
  return html + "</script>\n</body>\n</html>\n";
}

std::string html_paragraph(std::string_view text, std::string_view css_class) {
  if (text.empty()) return {};
  return fmt::format("<p class=\"{}\">{}</p>\n", css_class, escape_markup(text));
}

}  // namespace ablate
