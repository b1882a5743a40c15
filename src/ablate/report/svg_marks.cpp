#include "ablate/report/svg_marks.hpp"

#include "ablate/report/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ablate {
namespace {

struct Spot {
  double x, y;
};

Spot spot_of(const FigurePoint& point, const PlotFrame& frame) {
  return {frame.x(point.x), frame.y(point.y)};
}

/// Around what a point is drawn with: what tells a reader of it, and which record it is of.
std::string with_text(const FigurePoint& point, const std::string& drawing, bool page) {
  if (point.text.empty() && point.cell.empty()) return drawing;
  const auto text = escape_markup(point.text);
  if (!page) return fmt::format("<g><title>{}</title>{}</g>", text, drawing);
  const auto cell = point.cell.empty() ? "" : fmt::format(" data-cell=\"{}\"", escape_markup(point.cell));
  return fmt::format("<g class=\"point\" role=\"img\" tabindex=\"-1\" aria-label=\"{}\"{}>{}</g>", text, cell,
                     drawing);
}

std::string interval(const FigurePoint& point, const PlotFrame& frame) {
  if (!point.low || !point.high || !std::isfinite(*point.low) || !std::isfinite(*point.high)) return {};
  const auto cap = 0.22 * frame.font;
  if (frame.across()) {
    const auto y = frame.y(point.y), from = frame.x(*point.low), to = frame.x(*point.high);
    return fmt::format(
        "<path class=\"interval\" fill=\"none\" d=\"M{:.1f} {:.1f}v{:.1f}m0 {:.1f}H{:.1f}m0 "
        "{:.1f}v{:.1f}\"/>",
        from, y - cap, 2 * cap, -cap, to, -cap, 2 * cap);
  }
  const auto x = frame.x(point.x), from = frame.y(*point.low), to = frame.y(*point.high);
  return fmt::format(
      "<path class=\"interval\" fill=\"none\" d=\"M{:.1f} {:.1f}h{:.1f}m{:.1f} 0V{:.1f}m{:.1f} 0h{:.1f}\"/>",
      x - cap, from, 2 * cap, -cap, to, -cap, 2 * cap);
}

std::string line_through(const Series& series, const PlotFrame& frame) {
  std::string path;
  for (const auto& point : series.points) {
    const auto at = spot_of(point, frame);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", at.x, at.y);
  }
  const auto dash = dash_pattern(series.dash);
  return fmt::format("<path class=\"line\" fill=\"none\" stroke-width=\"{:.1f}\"{} d=\"{}\"/>",
                     0.14 * frame.font, dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash),
                     path);
}

/// A value beyond the range shown: an open arrow at its edge.
std::string arrow(const FigurePoint& point, const PlotFrame& frame, int side) {
  const auto at = spot_of(point, frame);
  const auto s = 0.3 * frame.font;
  if (frame.across())
    return fmt::format(
        "<path class=\"beyond\" fill=\"none\" d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}\"/>",
        at.x - side * s, at.y - s, side * s, s, -side * s, s);
  return fmt::format(
      "<path class=\"beyond\" fill=\"none\" d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}\"/>", at.x - s,
      at.y + side * s, s, -side * s, s, side * s);
}

std::string markers(const Series& series, const PlotFrame& frame, bool page) {
  std::string drawn;
  const auto shape = marker_shape(series, series.colour.value_or(0));
  for (const auto& point : series.points) {
    const auto at = spot_of(point, frame);
    const auto side = frame.beyond(frame.across() ? point.x : point.y);
    auto drawing = side == 0
                       ? interval(point, frame) + marker(shape, at.x, at.y, 0.32 * frame.font, point.hollow)
                       : arrow(point, frame, side);
    drawn += with_text(point, drawing, page);
  }
  return drawn;
}

std::string bars(const Series& series, const PlotFrame& frame, bool page) {
  std::string drawn;
  const auto thick = std::min(0.72 * frame.pitch(), 2.4 * frame.font);
  for (const auto& point : series.points) {
    const auto at = spot_of(point, frame);
    const auto base = frame.across() ? frame.x(point.base) : frame.y(point.base);
    const auto value = frame.across() ? at.x : at.y;
    const auto from = std::min(base, value), length = std::abs(value - base);
    const auto rectangle =
        frame.across()
            ? fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1.5\"/>",
                          from, at.y - thick / 2, length, thick)
            : fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1.5\"/>",
                          at.x - thick / 2, from, thick, length);
    const auto whisker = interval(point, frame);
    const auto over =
        whisker.empty() ? "" : fmt::format("<g class=\"ink\" stroke=\"#1c2128\">{}</g>", whisker);
    drawn += with_text(point, rectangle + over, page);
  }
  return drawn;
}

/// All ticks of a category are one path; arrows stand for those beyond the range.
std::string strip(const Series& series, const PlotFrame& frame) {
  std::string path, arrows;
  const auto half = std::min(0.3 * frame.pitch(), 0.45 * frame.font);
  std::array<bool, 2> told{};
  for (const auto& point : series.points) {
    const auto at = spot_of(point, frame);
    const auto side = frame.beyond(frame.across() ? point.x : point.y);
    if (side == 0)
      path += frame.across() ? fmt::format("M{:.1f} {:.1f}v{:.1f}", at.x, at.y - half, 2 * half)
                             : fmt::format("M{:.1f} {:.1f}h{:.1f}", at.x - half, at.y, 2 * half);
    else if (auto& once = told[side > 0 ? 1 : 0]; !once) {
      once = true;
      arrows += arrow(point, frame, side);
    }
  }
  return fmt::format("<path class=\"strip\" fill=\"none\" stroke-opacity=\"0.45\" d=\"{}\"/>", path) + arrows;
}

std::string band(const Series& series, const PlotFrame& frame) {
  std::string there, back;
  for (const auto& point : series.points) {
    if (!point.low || !point.high) continue;
    there +=
        fmt::format("{}{:.1f} {:.1f}", there.empty() ? "M" : "L", frame.x(point.x), frame.y(*point.high));
    back = fmt::format("L{:.1f} {:.1f}", frame.x(point.x), frame.y(*point.low)) + back;
  }
  return fmt::format("<path class=\"band\" stroke=\"none\" fill-opacity=\"0.18\" d=\"{}{}Z\"/>", there, back);
}

}  // namespace

std::string dash_pattern(int dash) {
  static constexpr std::array<const char*, 4> patterns{"", "6 3", "2 3", "9 3 2 3"};
  return patterns[static_cast<std::size_t>(dash) % patterns.size()];
}

int marker_shape(const Series& series, int colour) { return series.dash > 0 ? series.dash + colour : colour; }

std::string marker(int shape, double x, double y, double size, bool hollow) {
  const auto fill = hollow ? " class=\"hollow\" fill=\"#fff\"" : "";
  const auto s = 0.9 * size, t = 1.2 * size;
  switch (shape % 5) {
    case 1:
      return fmt::format("<rect{} x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", fill,
                         x - s, y - s, 2 * s, 2 * s);
    case 2:
      return fmt::format("<path{} d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}h{:.1f}z\"/>", fill, x, y - t, t, 1.9 * t,
                         -2 * t);
    case 3:
      return fmt::format("<path{} d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}z\"/>", fill, x,
                         y - 1.15 * t, t, 1.15 * t, -t, 1.15 * t, -t, -1.15 * t);
    case 4:
      return fmt::format("<path{} d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}h{:.1f}z\"/>", fill, x, y + t, t, -1.9 * t,
                         -2 * t);
    default:
      return fmt::format("<circle{} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"/>", fill, x, y, size);
  }
}

std::string marks_of(const Series& series, const PlotFrame& frame, bool page) {
  switch (series.mark) {
    case Mark::line:
      return line_through(series, frame) + markers(series, frame, page);
    case Mark::points:
      return markers(series, frame, page);
    case Mark::bars:
      return bars(series, frame, page);
    case Mark::strip:
      return strip(series, frame);
    case Mark::rule:
      return line_through(series, frame);
    case Mark::band:
      return band(series, frame);
  }
  return {};
}

}  // namespace ablate
