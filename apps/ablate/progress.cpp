#include "progress.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace ablate::cli {
namespace {

std::string how_it_ended(const Record& record) {
  if (record.status == Status::skipped) return "skipped: " + record.reason;
  if (record.status == Status::failed) return "failed: " + record.reason;
  return record.latency ? fmt::format("median {:.4g} ms", record.latency->median * 1e3) : "counted";
}

/// A line a cell: for logs.
class ProgressLines : public Progress {
  using Progress::Progress;
  void show_end(const Record& record) override {
    say(stderr,
        fmt::format("[{}/{}] {}: {}\n", done(), cells(), describe(record.cell), how_it_ended(record)));
  }
};

/// Nothing but what went wrong.
class QuietProgress : public Progress {
  using Progress::Progress;
  void finished(const RunOutcome& outcome, const std::filesystem::path& directory) override {
    if (outcome.failed > 0 || outcome.interrupted) Progress::finished(outcome, directory);
  }
};

}  // namespace

const std::vector<std::string> progress_modes{"auto", "bar", "plain", "json", "quiet"};

std::string describe(const Cell& cell) {
  const auto channels = cell.channels.in == cell.channels.out
                            ? fmt::format("{}", cell.channels.in)
                            : fmt::format("{}->{}", cell.channels.in, cell.channels.out);
  return fmt::format("{} {} {} {} {}x{}x{}x{}", cell.variant, name(cell.form), cell.device, name(cell.dtype),
                     cell.batch, channels, cell.resolution.height, cell.resolution.width);
}

Progress::Progress(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record)
    : cells_(plan.cells.size()), on_record_(std::move(on_record)) {
  for (const auto& cell : plan.cells) {
    estimated_all_ += estimated_seconds(cell);
    if (known.contains(cell.id))
      ++done_;
    else
      estimated_left_ += estimated_seconds(cell);
  }
}

double Progress::seconds_left() const {
  const auto done = estimated_done_ + under_way_ * spent_;
  // Until something is measured the guess stands; from then on it is scaled by how right it has been.
  const auto scale = done > 0 ? seconds_since(began_) / done : 1;
  return std::max(0.0, estimated_left_ - under_way_ * spent_) * scale;
}

double Progress::fraction() const {
  if (estimated_all_ <= 0) return 0;
  return std::clamp(1 - (estimated_left_ - under_way_ * spent_) / estimated_all_, 0.0, 1.0);
}

void Progress::starts(const Cell& cell, std::size_t) {
  under_way_ += estimated_seconds(cell);
  show_start(cell);
}

void Progress::sampled(const Interim& so_far) {
  spent_ = so_far.spent;
  show_interim(so_far);
}

void Progress::ended(const Record& record) {
  ++done_;
  const auto estimate = estimated_seconds(record.cell);
  estimated_left_ -= estimate;
  under_way_ = std::max(0.0, under_way_ - estimate);
  if (under_way_ <= 0) spent_ = 0;
  // A skipped cell takes no time, and would make all others look quick.
  if (record.status == Status::ok) estimated_done_ += estimate;
  show_end(record);
  on_record_(record);
}

void Progress::finished(const RunOutcome& outcome, const std::filesystem::path& directory) {
  fmt::print(
      stderr,
      "{}{} cells measured, {} skipped, {} failed in {:.1f} s, {:.1f} s of it outside warm-up and samples\n",
      outcome.interrupted ? "interrupted: " : "", outcome.ok, outcome.skipped, outcome.failed,
      outcome.total_s, outcome.total_s - outcome.measuring_s);
  fmt::print(stderr, "records and tables: {}\n", directory.string());
  if (outcome.disturbed > 0)
    fmt::print(stderr, "{} cells were disturbed in spite of new tries: their records say by what\n",
               outcome.disturbed);
  if (outcome.interrupted) fmt::print(stderr, "go on with: ablate run --resume {}\n", directory.string());
}

std::unique_ptr<Progress> make_progress(const std::string& mode, const Plan& plan, const Records& known,
                                        std::function<void(const Record&)> on_record) {
  if (mode == "bar" || (mode == "auto" && is_terminal(stderr)))
    return std::make_unique<ProgressBar>(plan, known, std::move(on_record));
  if (mode == "json") return std::make_unique<ProgressEvents>(plan, known, std::move(on_record));
  if (mode == "quiet") return std::make_unique<QuietProgress>(plan, known, std::move(on_record));
  return std::make_unique<ProgressLines>(plan, known, std::move(on_record));
}

}  // namespace ablate::cli
