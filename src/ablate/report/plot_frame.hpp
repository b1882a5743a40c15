#pragma once

#include "ablate/report/svg.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Inside the report room: where a figure's plot lies in its picture, and where values lie in the plot.
class PlotFrame {
 public:
  struct Tick {
    double at;  ///< along the axis, in the picture's units
    std::string text;
  };
  /// One name of the legend and where it stands.
  struct Entry {
    std::size_t series;
    double x, y;
  };

  PlotFrame(const Figure& figure, const SvgStyle& style);

  double x(double value) const;
  double y(double value) const;
  /// Values lie along x, since y has categories.
  bool across() const { return across_; }
  /// Whether a value lies beyond the range shown: -1 before it, 1 behind it, 0 within.
  int beyond(double value) const;
  /// How thick one category is, or the room between two neighbouring points.
  double pitch() const;

  double left = 0, right = 0, top = 0, bottom = 0;  ///< of the plot
  double width = 0, height = 0, font = 0;           ///< of the picture
  std::vector<Tick> x_ticks, y_ticks;
  std::vector<Entry> legend;

 private:
  struct Range {
    Scale scale = Scale::linear;
    double least = 0, most = 1;
    double share(double value) const;  ///< 0 at `least`, 1 at `most`
  };
  static Range range_of(const Figure& figure, bool of_x, bool across);
  void place_legend(const Figure& figure);
  void find_ticks(const Figure& figure);

  bool across_ = false;
  Range x_, y_;
};

/// About how wide a text is drawn.
double text_width(const std::string& text, double font);

}  // namespace ablate
