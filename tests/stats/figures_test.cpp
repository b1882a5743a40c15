// Prints the tables of docs/statistics.md: tests_plain "[figures]".

#include "catch.hpp"
#include "stats/trials.hpp"

#include <fmt/format.h>

#include <cmath>

namespace {

std::string percent(double part) { return fmt::format("{:.1f} %", 100 * part); }
std::string half_width(double part) { return std::isfinite(part) ? "±" + percent(part) : "±∞"; }
std::string cell(const trials::Figure& figure) {
  const auto open = figure.open > 0.005 ? fmt::format(", {:.0f} % open", 100 * figure.open) : std::string();
  return fmt::format(" {} ({}{}) |", percent(figure.coverage), half_width(figure.half), open);
}

}  // namespace

TEST_CASE("coverage of ratios, as a table", "[.][figures]") {
  fmt::print("\n| stream | 20 rounds | 60 | 200 | 1000 |\n|---|---|---|---|---|\n");
  for (const auto& stream : streams::paired_streams()) {
    fmt::print("| {} |", stream.name);
    for (const std::size_t rounds : {20, 60, 200, 1000})
      fmt::print("{}", cell(trials::of_centre(stream, rounds, 0.02)));
    fmt::print("\n");
  }
}

TEST_CASE("coverage where sampling stops by itself, as a table", "[.][figures]") {
  fmt::print("\n| stream | noise 1 % | 2 % | 5 % |\n|---|---|---|---|\n");
  for (const auto& stream : streams::paired_streams()) {
    fmt::print("| {} |", stream.name);
    for (const double noise : {0.01, 0.02, 0.05}) {
      const auto figure = trials::of_stopping(stream, noise);
      fmt::print(" {} ({:.0f}) |", percent(figure.coverage), figure.rounds);
    }
    fmt::print("\n");
  }
}

TEST_CASE("coverage of levels, as a table", "[.][figures]") {
  fmt::print("\n| stream | 20 samples | 60 | 200 | 1000 |\n|---|---|---|---|---|\n");
  for (const auto& stream : streams::single_streams()) {
    fmt::print("| {} |", stream.name);
    for (const std::size_t samples : {20, 60, 200, 1000})
      fmt::print("{}", cell(trials::of_level(stream, samples)));
    fmt::print("\n");
  }
}

TEST_CASE("coverage over stretches, as a table", "[.][figures]") {
  fmt::print("\n| offsets | 2 stretches | 3 | 4 | 6 | 8 | 12 | 40 |\n|---|---|---|---|---|---|---|---|\n");
  for (const double offset : {0.0, 0.005, 0.02}) {
    fmt::print("| {} |", percent(offset));
    for (const std::size_t count : {2, 3, 4, 6, 8, 12, 40})
      fmt::print("{}", cell(trials::of_stretches({count, 50, offset, 0.02})));
    fmt::print("\n");
  }
}

TEST_CASE("power, as a table", "[.][figures]") {
  fmt::print("\n| slowdown | noise | 30 rounds | 100 | 300 | 1000 |\n|---|---|---|---|---|---|\n");
  for (const double slowdown : {0.0, 0.01, 0.02, 0.05})
    for (const double noise : {0.02, 0.05, 0.10}) {
      fmt::print("| {:.0f} % | {:.0f} % |", 100 * slowdown, 100 * noise);
      for (const std::size_t rounds : {30, 100, 300, 1000})
        fmt::print(" {} |", percent(trials::power(1 + slowdown, noise, rounds)));
      fmt::print("\n");
    }
}
