#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// A picture of numbers as plain data: what is drawn, not how. `to_svg` draws it, for a page or for a paper.

/// Where values stand along an axis: evenly, by their logarithm, or by number of a category.
enum class Scale { linear, log, category };

struct FigureAxis {
  std::string title;  ///< "channels", "device median (µs)": with the unit that the values have
  Scale scale = Scale::linear;
  std::vector<std::string> categories;  ///< of Scale::category: value i is the i-th
  std::vector<double> ticks;            ///< where labels stand; empty: chosen by the axis
  bool from_zero = false;               ///< linear: the axis begins at 0
  /// The range shown; without, that of the points. Points beyond it stand at its edge as open arrows.
  std::optional<double> least, most;
};

/// A number on the axis of values, which is y, and x where y has categories.
struct FigurePoint {
  double x = 0, y = 0;
  std::optional<double> low, high;  ///< interval along the axis of values
  double base = 0;                  ///< bars: the value they start from
  std::string text;     ///< what a reader who sees no picture is told: "DWBlock, 64 channels: 36 µs"
  std::string cell;     ///< id of the record it comes from; may be empty
  bool hollow = false;  ///< drawn open: not on the front, undecided, …
};

enum class Mark {
  line,    ///< markers joined by a line, with their intervals
  points,  ///< markers with their intervals
  bars,    ///< from `base` to the value, with its interval
  strip,   ///< many thin ticks across a category: samples
  rule,    ///< a line without markers: a roof, a reference
  band     ///< the area between `low` and `high` along the points
};

struct Series {
  std::string name;  ///< in the legend; empty: not in it
  Mark mark = Mark::line;
  std::vector<FigurePoint> points;
  std::optional<int>
      colour;          ///< counted from 0, eight of them; without: the series' number. -1: that of text
  int dash = 0;        ///< 0: an unbroken line; 1, 2, …: dashes, and another marker
  bool faint = false;  ///< beside what is meant: the residual, a reference
};

struct Figure {
  std::string id;           ///< as `figure_id` gives it, unique in a page: names its file and its elements
  std::string title;        ///< one line
  std::string alternative;  ///< what the picture shows, for those who cannot see it
  FigureAxis x, y;
  std::vector<Series> series;
  double height = 0;    ///< of the picture in lines of text; 0: chosen
  std::string caption;  ///< in a page that says the rest above it; empty: the title
};

/// "channels-cuda-latency-device" of any text: lower-case letters, digits and dashes.
std::string figure_id(const std::string& text);

}  // namespace ablate
