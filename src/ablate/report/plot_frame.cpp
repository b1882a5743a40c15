#include "ablate/report/plot_frame.hpp"

#include "ablate/report/ticks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate {
namespace {

/// Grows to hold what is shown of the points along one axis.
struct Extent {
  double least = std::numeric_limits<double>::infinity(), most = -least;

  void hold(double value) {
    if (!std::isfinite(value)) return;
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

Extent extent_of(const Figure& figure, bool of_x, bool across) {
  Extent extent;
  const bool of_values = of_x == across;
  for (const auto& series : figure.series)
    for (const auto& point : series.points) {
      extent.hold(of_x ? point.x : point.y);
      if (!of_values) continue;
      if (point.low) extent.hold(*point.low);
      if (point.high) extent.hold(*point.high);
      if (series.mark == Mark::bars) extent.hold(point.base);
    }
  return extent;
}

std::vector<PlotFrame::Tick> category_ticks(const FigureAxis& axis, std::size_t every) {
  std::vector<PlotFrame::Tick> ticks;
  for (std::size_t i = 0; i < axis.categories.size(); i += every)
    ticks.push_back({static_cast<double>(i), axis.categories[i]});
  return ticks;
}

std::vector<PlotFrame::Tick> value_ticks(const FigureAxis& axis, Scale scale, double least, double most,
                                         double room) {
  const auto count = static_cast<std::size_t>(std::max(2.0, room));
  auto values = axis.ticks;
  if (values.empty())
    values = scale == Scale::log ? log_ticks(least, most, count) : linear_ticks(least, most, count);
  std::vector<PlotFrame::Tick> ticks;
  for (const auto value : values)
    if (value >= least && value <= most) ticks.push_back({value, tick_text(value)});
  return ticks;
}

/// Labels that would touch the one before them are left out.
void thin(std::vector<PlotFrame::Tick>& ticks, double font) {
  double free_from = -std::numeric_limits<double>::infinity();
  std::erase_if(ticks, [&](const PlotFrame::Tick& tick) {
    const auto half = text_width(tick.text, font) / 2;
    if (tick.at - half < free_from) return true;
    free_from = tick.at + half + 0.5 * font;
    return false;
  });
}

double widest(const std::vector<PlotFrame::Tick>& ticks, double font) {
  double width = 0;
  for (const auto& tick : ticks) width = std::max(width, text_width(tick.text, font));
  return width;
}

}  // namespace

double text_width(const std::string& text, double font) {
  double ems = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;  // goes on a character of UTF-8
    const bool narrow = std::string_view("ijlt.,:;|'! ()[]/").find(c) != std::string_view::npos;
    const bool wide = (c >= 'A' && c <= 'Z') || c == 'm' || c == 'w';
    ems += narrow ? 0.36 : wide ? 0.75 : 0.6;
  }
  return ems * font;
}

double PlotFrame::Range::share(double value) const {
  if (most == least) return 0.5;
  if (scale != Scale::log) return (value - least) / (most - least);
  return std::log(std::max(value, least * 1e-3) / least) / std::log(most / least);
}

PlotFrame::Range PlotFrame::range_of(const Figure& figure, bool of_x, bool across) {
  const auto& axis = of_x ? figure.x : figure.y;
  if (axis.scale == Scale::category)
    return {axis.scale, -0.5, std::max(0.5, static_cast<double>(axis.categories.size()) - 0.5)};
  const auto extent = extent_of(figure, of_x, across);
  auto least = axis.least.value_or(extent.least), most = axis.most.value_or(extent.most);
  if (!(least <= most)) return {Scale::linear, 0, 1};
  if (axis.scale == Scale::log && least > 0) {
    const auto margin = std::max(1.05, std::pow(most / least, 0.05));
    return {axis.scale, axis.least ? least : least / margin, axis.most ? most : most * margin};
  }
  if (axis.from_zero) least = std::min(least, 0.0);
  const auto margin = most > least ? 0.05 * (most - least) : std::max(1e-12, std::abs(most)) * 0.1;
  const bool at_zero = axis.from_zero && least == 0;
  return {Scale::linear, axis.least || at_zero ? least : least - margin, axis.most ? most : most + margin};
}

PlotFrame::PlotFrame(const Figure& figure, const SvgStyle& style)
    : width(style.width), font(style.font), across_(figure.y.scale == Scale::category) {
  x_ = range_of(figure, true, across_);
  y_ = range_of(figure, false, across_);
  right = width - 1.4 * font;
  top = 0.5 * font;
  place_legend(figure);
  if (!figure.y.title.empty()) top += 1.5 * font;
  const auto rows = across_ ? static_cast<double>(std::max<std::size_t>(figure.y.categories.size(), 2)) : 0;
  const auto lines = figure.height > 0 ? figure.height : across_ ? 1.65 * rows : 15;
  bottom = top + lines * font;
  height = bottom + (figure.x.title.empty() ? 2.0 : 3.5) * font;
  find_ticks(figure);
}

/// Names follow each other in lines as wide as the picture.
void PlotFrame::place_legend(const Figure& figure) {
  double at = 0.2 * font, line = top + font;
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    const auto& name = figure.series[i].name;
    if (name.empty()) continue;
    const auto needs = text_width(name, font) + 3.6 * font;
    if (at + needs > width && at > font) {
      at = 0.2 * font;
      line += 1.5 * font;
    }
    legend.push_back({i, at, line});
    at += needs;
  }
  if (!legend.empty()) top = line + 0.9 * font;
}

void PlotFrame::find_ticks(const Figure& figure) {
  const auto room_y = (bottom - top) / (1.9 * font);
  y_ticks =
      across_ ? category_ticks(figure.y, 1) : value_ticks(figure.y, y_.scale, y_.least, y_.most, room_y);
  const auto labels = std::min(widest(y_ticks, font), 0.45 * width);
  left = labels + 1.1 * font;
  const auto room_x = (right - left) / (3.6 * font);
  x_ticks = figure.x.scale == Scale::category ? category_ticks(figure.x, 1)
                                              : value_ticks(figure.x, x_.scale, x_.least, x_.most, room_x);
  for (auto& tick : x_ticks) tick.at = x(tick.at);
  for (auto& tick : y_ticks) tick.at = y(tick.at);
  thin(x_ticks, font);
}

double PlotFrame::x(double value) const {
  return left + std::clamp(x_.share(value), 0.0, 1.0) * (right - left);
}

/// The first category stands at the top, the least value at the bottom.
double PlotFrame::y(double value) const {
  const auto share = std::clamp(y_.share(value), 0.0, 1.0);
  return across_ ? top + share * (bottom - top) : bottom - share * (bottom - top);
}

int PlotFrame::beyond(double value) const {
  const auto& range = across_ ? x_ : y_;
  return value < range.least ? -1 : value > range.most ? 1 : 0;
}

double PlotFrame::pitch() const {
  const auto& range = across_ ? y_ : x_;
  const auto length = across_ ? bottom - top : right - left;
  return length / (range.scale == Scale::category ? range.most - range.least : 12);
}

}  // namespace ablate
