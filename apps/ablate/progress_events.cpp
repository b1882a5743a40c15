#include "progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>

namespace ablate::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Seconds between two estimates, which cost a little to compute.
constexpr double between_events_s = 0.25;

void tell(const Json& event) {
  fmt::print(stderr, "{}\n", event.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stderr);
}

/// JSON has no infinity: an end that is not known yet is null.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string_view status_text(Status status) {
  return status == Status::ok ? "ok" : status == Status::skipped ? "skipped" : "failed";
}

}  // namespace

ProgressEvents::ProgressEvents(const Plan& plan, const Records& known,
                               std::function<void(const Record&)> on_record)
    : Progress(plan, known, std::move(on_record)) {
  tell({{"event", "started"}, {"cells", cells()}, {"done", done()}, {"eta_s", seconds_left()}});
}

void ProgressEvents::show_start(const Cell& cell) {
  tell({{"event", "cell"},
        {"id", cell.id},
        {"variant", cell.variant},
        {"text", describe(cell)},
        {"done", done()},
        {"cells", cells()},
        {"eta_s", seconds_left()}});
}

void ProgressEvents::show_interim(const Interim& so_far) {
  if (seconds_since(told_) < between_events_s) return;
  if (so_far.rounds == 0) return;  // all of them were disturbed
  told_ = Steady::now();
  const auto index = turn_++ % so_far.cells;
  const auto estimate = so_far.estimate(index);
  tell({{"event", "estimate"},
        {"id", so_far.cell(index).id},
        {"clock", name(so_far.clock)},
        {"value_s", finite(estimate.value)},
        {"low_s", finite(estimate.low)},
        {"high_s", finite(estimate.high)},
        {"rounds", so_far.rounds},
        {"fraction", fraction()},
        {"eta_s", seconds_left()}});
}

void ProgressEvents::show_end(const Record& record) {
  Json event{{"event", "ended"}, {"id", record.cell.id}, {"status", status_text(record.status)}};
  if (!record.reason.empty()) event["reason"] = record.reason;
  if (record.latency) event["median_s"] = record.latency->median;
  event.update({{"done", done()}, {"cells", cells()}, {"eta_s", seconds_left()}});
  tell(event);
}

void ProgressEvents::finished(const RunOutcome& outcome, const std::filesystem::path& directory) {
  tell({{"event", "finished"},
        {"ok", outcome.ok},
        {"skipped", outcome.skipped},
        {"failed", outcome.failed},
        {"disturbed", outcome.disturbed},
        {"interrupted", outcome.interrupted},
        {"seconds", outcome.total_s},
        {"directory", directory.string()}});
}

}  // namespace ablate::cli
