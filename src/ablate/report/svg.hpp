#pragma once

#include "ablate/report/figure.hpp"

#include <array>
#include <string>
#include <string_view>

namespace ablate {

/// How a figure is drawn. Lengths are in the picture's own units, of which a page shows about one a pixel.
struct SvgStyle {
  double width = 480;
  double font = 13;
  /// In a page: its style sheet gives the colours (classes `s1` to `s8`, `ink`, `muted`, `grid`), and each
  /// point that has a text or a cell can be reached by pointer and keyboard. Otherwise colours are fixed, and
  /// a point's text is its <title>.
  bool page = true;
};

/// One column of a paper: 88 mm wide, type of 8 points.
inline constexpr SvgStyle column_style{320, 10.3, false};
inline constexpr double column_mm = 88;

/// Eight colours that differ in lightness too, for readers who do not tell all hues apart (after Okabe and
/// Ito, darkened until each has a contrast of 3:1 on white); markers differ besides.
inline constexpr std::array<std::string_view, 8> figure_colours{"#0067a9", "#c24a00", "#00795a", "#9c3f7d",
                                                                "#8a6100", "#4b4f56", "#5a6fd6", "#7a8500"};

/// One <svg> element, with the figure's title and alternative.
std::string to_svg(const Figure& figure, const SvgStyle& style = {});

/// The same as a file of its own.
std::string to_svg_file(const Figure& figure, const SvgStyle& style = column_style);

}  // namespace ablate
