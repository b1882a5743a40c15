#pragma once

#include "ablate/report/plot_frame.hpp"

#include <string>

namespace ablate {

/// Inside the report room: the marks of one series as SVG elements, for the inside of its <g>.
std::string marks_of(const Series& series, const PlotFrame& frame, bool page);

/// A marker of shape `shape` (circle, square, triangle, diamond, …) about (x, y).
std::string marker(int shape, double x, double y, double size, bool hollow);

/// "5,3": how a line of that dash is broken; empty for 0.
std::string dash_pattern(int dash);

/// Which marker a series has: by its dash, else by its colour.
int marker_shape(const Series& series, int colour);

}  // namespace ablate
