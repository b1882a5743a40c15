#include "ablate/base/text.hpp"
#include "ablate/report/units.hpp"
#include "progress.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

namespace ablate::cli {
namespace {

/// Seconds between two lines, and between two estimates, which cost a little to compute.
constexpr double between_lines_s = 0.1, between_estimates_s = 0.25;
constexpr std::size_t bar_columns = 20, fallback_columns = 80;

std::string clock_time(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// "231 ± 4 µs"; without "± 4" where nothing is known of it yet.
std::string estimate_text(const Estimate& estimate) {
  if (!(estimate.value > 0)) return {};
  const auto unit = unit_for("s", {estimate.value});
  const auto half = (estimate.high - estimate.low) / 2 * unit.per_si;
  const auto value = estimate.value * unit.per_si;
  if (!std::isfinite(half)) return fmt::format("{} {}", rounded(value, decimals_for(value, 0)), unit.name);
  const auto decimals = decimals_for(value, half);
  return fmt::format("{} ± {} {}", rounded(value, decimals), rounded(half, decimals), unit.name);
}

}  // namespace

ProgressBar::ProgressBar(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record)
    : Progress(plan, known, std::move(on_record)) {}

bool ProgressBar::is_due(double seconds) {
  if (seconds_since(drawn_) < seconds) return false;
  drawn_ = Steady::now();
  return true;
}

void ProgressBar::clear() const {
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

void ProgressBar::draw(const std::string& what) const {
  const auto full = static_cast<std::size_t>(std::lround(fraction() * static_cast<double>(bar_columns)));
  std::string bar, rest;
  for (std::size_t i = 0; i < bar_columns; ++i) (i < full ? bar : rest) += i < full ? "█" : "░";
  const auto columns = columns_of(stderr) > 0 ? columns_of(stderr) : fallback_columns;
  const auto text = fmt::format(" {}/{}  {} left  {}", done(), cells(), clock_time(seconds_left()), what);
  const auto room = columns > bar_columns + 1 ? columns - bar_columns - 1 : 1;
  // "…" and "±" take more columns in ASCII.
  const auto shown = clipped(has_unicode() ? text : in_ascii(text), room, has_unicode() ? "…" : "~");
  const bool colour = has_colour(stderr);
  say(stderr,
      fmt::format("\r\033[K{}{}{}{}{}", colour ? "\033[36m" : "", bar, rest, colour ? "\033[0m" : "", shown));
  std::fflush(stderr);
}

void ProgressBar::show_start(const Cell& cell) {
  if (is_due(between_lines_s)) draw(describe(cell));
}

void ProgressBar::show_interim(const Interim& so_far) {
  if (!is_due(between_estimates_s)) return;
  const auto index = turn_++ % so_far.cells;
  const auto estimate = estimate_text(so_far.estimate(index));
  // What is known goes first: a narrow terminal cuts the end.
  draw(fmt::format("{}{}{}", estimate, estimate.empty() ? "" : "  ", describe(so_far.cell(index))));
}

void ProgressBar::show_end(const Record&) { clear(); }

}  // namespace ablate::cli
