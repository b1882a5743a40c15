#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ablate::cli {
namespace {

/// A line that rewrites itself needs a terminal that can clear one.
bool can_rewrite() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) && term && std::string_view(term) != "dumb";
}

std::string clock_time(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string outcome(const Record& record) {
  if (record.status == Status::skipped) return "skipped: " + record.reason;
  if (record.status == Status::failed) return "failed: " + record.reason;
  return record.latency ? fmt::format("median {:.4g} ms", record.latency->median * 1e3) : "counted";
}

}  // namespace

std::string describe(const Cell& cell) {
  const auto channels = cell.channels.in == cell.channels.out
                            ? fmt::format("{}", cell.channels.in)
                            : fmt::format("{}->{}", cell.channels.in, cell.channels.out);
  return fmt::format("{} {} {} {} {}x{}x{}x{}", cell.variant, name(cell.form), cell.device, name(cell.dtype),
                     cell.batch, channels, cell.resolution.height, cell.resolution.width);
}

Progress::Progress(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record)
    : plan_(plan), on_record_(std::move(on_record)), terminal_(can_rewrite()) {
  for (const auto& cell : plan.cells)
    if (known.contains(cell.id))
      ++done_;
    else
      estimated_left_ += estimated_seconds(cell);
}

void Progress::clear() const {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

std::string Progress::time_left() const {
  const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  // Until something is measured the guess stands; from then on it is scaled by how right it has been.
  const auto scale = estimated_done_ > 0 ? elapsed / estimated_done_ : 1;
  return clock_time(estimated_left_ * scale);
}

void Progress::starts(const Cell& cell, std::size_t) {
  if (!terminal_) return;
  clear();
  fmt::print(stderr, "[{}/{}] {} left  {}", done_, plan_.cells.size(), time_left(), describe(cell));
  std::fflush(stderr);
}

void Progress::ended(const Record& record) {
  ++done_;
  const auto estimate = estimated_seconds(record.cell);
  estimated_left_ -= estimate;
  // A skipped cell takes no time, and would make all others look quick.
  if (record.status == Status::ok) estimated_done_ += estimate;
  clear();
  if (!terminal_)
    fmt::print(stderr, "[{}/{}] {}: {}\n", done_, plan_.cells.size(), describe(record.cell), outcome(record));
  on_record_(record);
}

}  // namespace ablate::cli
