#include "ablate/report/svg.hpp"

#include "ablate/report/escape.hpp"
#include "ablate/report/plot_frame.hpp"
#include "ablate/report/svg_marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

constexpr std::string_view svg_ink = "#1c2128", svg_muted = "#57606a", svg_grid = "#d8dee4";

int colour_of(const Figure& figure, std::size_t series) {
  return figure.series[series].colour.value_or(static_cast<int>(series));
}

/// The <g> of a series, with its colour as attributes; a page's style sheet goes over them.
std::string open_series(const Figure& figure, std::size_t series, double font) {
  const auto colour = colour_of(figure, series);
  const auto number = colour < 0 ? 0 : colour % static_cast<int>(figure_colours.size());
  const auto name = colour < 0 ? std::string("ink") : fmt::format("s{}", number + 1);
  const auto value = colour < 0 ? svg_ink : figure_colours[static_cast<std::size_t>(number)];
  return fmt::format("<g class=\"series {}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"{:.1f}\"{}>", name,
                     value, value, 0.1 * font, figure.series[series].faint ? " opacity=\"0.55\"" : "");
}

std::string label(double x, double y, const char* anchor, std::string_view colour, const std::string& text) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>",
                     colour == svg_ink ? "ink" : "muted", x, y, anchor, colour, escape_markup(text));
}

std::string grid_and_axes(const Figure& figure, const PlotFrame& frame) {
  std::string lines, texts;
  for (const auto& tick : frame.x_ticks) {
    if (figure.x.scale != Scale::category)
      lines += fmt::format("M{:.1f} {:.1f}V{:.1f}", tick.at, frame.top, frame.bottom);
    texts += label(tick.at, frame.bottom + 1.4 * frame.font, "middle", svg_muted, tick.text);
  }
  for (const auto& tick : frame.y_ticks) {
    if (!frame.across()) lines += fmt::format("M{:.1f} {:.1f}H{:.1f}", frame.left, tick.at, frame.right);
    texts += label(frame.left - 0.5 * frame.font, tick.at + 0.35 * frame.font, "end",
                   frame.across() && !tick.text.starts_with(' ') ? svg_ink : svg_muted, tick.text);
  }
  const auto axis = frame.across()
                        ? fmt::format("M{:.1f} {:.1f}V{:.1f}", frame.left, frame.top, frame.bottom)
                        : fmt::format("M{:.1f} {:.1f}H{:.1f}", frame.left, frame.bottom, frame.right);
  if (!figure.x.title.empty())
    texts += label(frame.right, frame.bottom + 2.9 * frame.font, "end", svg_ink, figure.x.title);
  if (!figure.y.title.empty())
    texts += label(0, frame.top - 0.75 * frame.font, "start", svg_ink, figure.y.title);
  return fmt::format(
      "<path class=\"grid\" stroke=\"{}\" stroke-width=\"0.8\" fill=\"none\" d=\"{}\"/>"
      "<path class=\"axis\" stroke=\"{}\" stroke-width=\"1\" fill=\"none\" d=\"{}\"/>{}",
      svg_grid, lines, svg_muted, axis, texts);
}

std::string legend_key(const Series& series, int colour, double x, double y, double font) {
  const auto middle = y - 0.35 * font;
  if (series.mark == Mark::bars || series.mark == Mark::band)
    return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", x,
                       middle - 0.4 * font, 1.6 * font, 0.8 * font);
  std::string key;
  const auto dash = dash_pattern(series.dash);
  if (series.mark == Mark::line || series.mark == Mark::rule)
    key = fmt::format("<path fill=\"none\" stroke-width=\"{:.1f}\"{} d=\"M{:.1f} {:.1f}h{:.1f}\"/>",
                      0.14 * font, dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash), x,
                      middle, 1.8 * font);
  if (series.mark != Mark::rule)
    key += marker(marker_shape(series, colour), x + 0.9 * font, middle, 0.32 * font, false);
  return key;
}

std::string legend(const Figure& figure, const PlotFrame& frame) {
  std::string drawn;
  for (const auto& entry : frame.legend) {
    const auto& series = figure.series[entry.series];
    drawn += open_series(figure, entry.series, frame.font) +
             legend_key(series, std::max(0, colour_of(figure, entry.series)), entry.x, entry.y, frame.font) +
             "</g>" + label(entry.x + 2.2 * frame.font, entry.y, "start", svg_ink, series.name);
  }
  return drawn.empty() ? drawn : "<g class=\"legend\" aria-hidden=\"true\">" + drawn + "</g>";
}

std::string all_series(const Figure& figure, const PlotFrame& frame, bool page) {
  std::string drawn;
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    auto series = figure.series[i];
    series.colour = std::max(0, colour_of(figure, i));
    drawn += open_series(figure, i, frame.font) + marks_of(series, frame, page) + "</g>";
  }
  return drawn;
}

std::string inside(const Figure& figure, const PlotFrame& frame, bool page) {
  return fmt::format("<desc id=\"{}-desc\">{}</desc>", figure.id, escape_markup(figure.alternative)) +
         legend(figure, frame) + "<g class=\"axes\" aria-hidden=\"true\">" + grid_and_axes(figure, frame) +
         "</g>" + all_series(figure, frame, page) + "</svg>";
}

std::string open(const PlotFrame& frame, const std::string& more) {
  return fmt::format("<svg class=\"figure\" {} viewBox=\"0 0 {:.0f} {:.0f}\" font-size=\"{:.1f}\">", more,
                     frame.width, frame.height, frame.font);
}

}  // namespace

std::string figure_id(const std::string& text) {
  std::string id;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain)
      id += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id.empty() ? "figure" : id;
}

std::string to_svg(const Figure& figure, const SvgStyle& style) {
  const PlotFrame frame(figure, style);
  const auto more = fmt::format("role=\"group\" aria-label=\"{}\" aria-describedby=\"{}-desc\"",
                                escape_markup(figure.title), figure.id);
  return open(frame, more) + inside(figure, frame, style.page);
}

std::string to_svg_file(const Figure& figure, const SvgStyle& style) {
  const PlotFrame frame(figure, style);
  const auto more = fmt::format(
      // A namespace is a name, and no request; a page's parser knows it without.
      "xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{:.1f}mm\" height=\"{:.1f}mm\" "
      "font-family=\"Helvetica, Arial, Liberation Sans, sans-serif\"",
      column_mm, column_mm * frame.height / frame.width);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + open(frame, more) +
         fmt::format("<title>{}</title>", escape_markup(figure.title)) + inside(figure, frame, false) + "\n";
}

}  // namespace ablate
