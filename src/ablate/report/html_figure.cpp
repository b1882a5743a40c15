#include "ablate/report/escape.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/svg.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {

std::string html_figure(const Figure& figure) {
  const auto has_points = [](const Series& series) { return !series.points.empty(); };
  if (!std::ranges::any_of(figure.series, has_points)) return {};
  return fmt::format("<figure id=\"{}\"><figcaption>{}</figcaption>{}</figure>\n", figure.id,
                     escape_markup(figure.caption.empty() ? figure.title : figure.caption), to_svg(figure));
}

std::string html_figures(const std::vector<Figure>& figures) {
  std::string drawn;
  for (const auto& figure : figures) drawn += html_figure(figure);
  return drawn.empty() ? drawn : "<div class=\"figures\">\n" + drawn + "</div>\n";
}

}  // namespace ablate
