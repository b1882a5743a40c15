#include "ablate/report/svg.hpp"
#include "ablate/report/ticks.hpp"
#include "catch.hpp"

#include <algorithm>
#include <cmath>

using namespace ablate;

namespace {

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

Figure a_figure() {
  Figure figure;
  figure.id = "example";
  figure.title = "Latency";
  figure.alternative = "A line that rises.";
  figure.x = {"channels", Scale::linear, {}, {}, false, {}, {}};
  figure.y = {"median (µs)", Scale::linear, {}, {}, true, {}, {}};
  Series line{"DWBlock", Mark::line, {}, {}, 0, false};
  line.points = {{1, 10, 9.0, 11.0, 0, "one: 10 µs", "aa", false},
                 {2, 20, {}, {}, 0, "two: 20 µs", "bb", true}};
  figure.series = {line};
  return figure;
}

}  // namespace

TEST_CASE("ticks of a linear axis are round, within the range, and no more than asked for", "[figure]") {
  CHECK(linear_ticks(0, 10, 6) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(linear_ticks(-1, 1, 5) == std::vector<double>{-1, -0.5, 0, 0.5, 1});
  for (const auto high : {0.003, 7.0, 123.0, 4.2e9}) {
    const auto ticks = linear_ticks(0, high, 7);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 7);
    CHECK(ticks.back() <= high * (1 + 1e-9));
  }
  CHECK(linear_ticks(5, 5, 4) == std::vector<double>{5});
}

TEST_CASE("ticks of a logarithmic axis are powers of ten, with steps between where there is room",
          "[figure]") {
  const auto ticks = log_ticks(1, 1000, 4);
  REQUIRE(ticks.size() == 4);
  for (std::size_t i = 0; i < ticks.size(); ++i) CHECK(ticks[i] == Approx(std::pow(10.0, i)));
  CHECK(log_ticks(1, 10, 10).size() == 4);
  CHECK(log_ticks(30, 60, 5).size() >= 3);
  CHECK(log_ticks(1e-3, 1e12, 6).size() <= 6);
  CHECK(log_ticks(0, 1, 6).empty());
}

TEST_CASE("a tick's text is short and says the number", "[figure]") {
  CHECK(tick_text(0) == "0");
  CHECK(tick_text(0.02) == "0.02");
  CHECK(tick_text(1500) == "1,500");
  CHECK(tick_text(1e7) == "10⁷");
  CHECK(tick_text(-2.5e-5) == "-2.5·10⁻⁵");
}

TEST_CASE("a figure's id holds letters, digits and dashes only", "[figure]") {
  CHECK(figure_id("Channels cuda/latency.device") == "channels-cuda-latency-device");
  CHECK(figure_id("\"><script>") == "script");
  CHECK(figure_id("…") == "figure");
}

TEST_CASE("each point of a line is drawn with its interval, its record and a text for who sees no picture",
          "[figure]") {
  const auto svg = to_svg(a_figure());
  CHECK(count_in(svg, "class=\"interval\"") == 1);
  CHECK(count_in(svg, "class=\"point\"") == 2);
  CHECK(count_in(svg, "data-cell=\"aa\"") == 1);
  CHECK(count_in(svg, "aria-label=\"two: 20 µs\"") == 1);
  CHECK(count_in(svg, "class=\"hollow\"") == 1);
  CHECK(svg.find("<desc id=\"example-desc\">A line that rises.</desc>") != std::string::npos);
}

TEST_CASE("a figure as a file has fixed colours and a size, and needs no style sheet", "[figure]") {
  const auto svg = to_svg_file(a_figure());
  CHECK(svg.starts_with("<?xml"));
  CHECK(svg.find("width=\"88.0mm\"") != std::string::npos);
  CHECK(svg.find("fill=\"#0067a9\"") != std::string::npos);
  CHECK(svg.find("<title>Latency</title>") != std::string::npos);
  CHECK(svg.find("var(") == std::string::npos);
  CHECK(svg.find("data-cell") == std::string::npos);
}

TEST_CASE("a value beyond the range shown stands at the edge as an arrow", "[figure]") {
  auto figure = a_figure();
  CHECK(count_in(to_svg(figure), "class=\"beyond\"") == 0);
  figure.y.most = 15;
  CHECK(count_in(to_svg(figure), "class=\"beyond\"") == 1);
}

TEST_CASE("intervals without ends, single points and no points at all can be drawn", "[figure]") {
  auto figure = a_figure();
  figure.series[0].points.resize(1);
  figure.series[0].points[0].high = INFINITY;
  CHECK(to_svg(figure).find("nan") == std::string::npos);
  CHECK(to_svg(figure).find("inf\"") == std::string::npos);
  figure.series[0].points.clear();
  CHECK(to_svg(figure).find("nan") == std::string::npos);
  figure.y.scale = figure.x.scale = Scale::log;
  CHECK(to_svg(figure).find("nan") == std::string::npos);
}

TEST_CASE("the legend breaks into lines rather than leave the picture", "[figure]") {
  auto figure = a_figure();
  for (int i = 0; i < 12; ++i) {
    figure.series.push_back(figure.series.front());
    figure.series.back().name = "a variant with a long name";
  }
  const auto few = to_svg(a_figure()), many = to_svg(figure);
  CHECK(count_in(many, "a variant with a long name</text>") == 12);
  const auto height = [](const std::string& svg) {
    const auto at = svg.find("viewBox=\"0 0 480 ") + 17;
    return std::stod(svg.substr(at));
  };
  CHECK(height(many) > height(few) + 50);
}
