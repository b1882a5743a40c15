#include "ablate/run/run.hpp"

#include "ablate/measure/device.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/run/build_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <new>

namespace ablate {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Counting does not depend on device or protocol, so cells that differ in nothing else share it.
class Counter {
 public:
  const Counts& counts_of(const Cell& cell, const BuiltCell& built) {
    auto counted = cell;
    counted.device = "cpu";
    counted.protocol.reset();
    counted.tf32 = false;
    const auto [found, is_new] = known_.try_emplace(key(counted));
    if (is_new) {
      found->second = count(*built.block, built.input);
      found->second.bytes = found->second.bytes / size_of(Dtype::float32) * size_of(cell.dtype);
    }
    return found->second;
  }

 private:
  std::map<std::string, Counts> known_;
};

/// The first line of an error: LibTorch's come with a stack.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, std::min<std::size_t>(text.find('\n'), 400)));
}

/// Fills in what measuring gives. Returns the seconds spent in warm-up and samples.
double measure(Record& record, Counter& counter) {
  const auto& cell = record.cell;
  auto built = build_cell(cell);
  record.counts = counter.counts_of(cell, built);
  record.parts = parts(built.block->module());
  record.traits = built.block->traits();
  if (!cell.protocol) return 0;
  if (auto reason = why_not_here(cell.device); !reason.empty()) {
    record.status = Status::skipped;
    record.reason = std::move(reason);
    return 0;
  }
  const MathMode math(cell.tf32);
  move_to_device(built, cell);
  auto sampled = sample(*built.block, built.input, cell.protocol->warmup, cell.protocol->repeat);
  record.latency = summarise(std::move(sampled.samples_s));
  return sampled.spent_s;
}

/// `measure`, with every error of the cell's own turned into its record.
double measure_or_fail(Record& record, Counter& counter) {
  const auto fail = [&](std::string_view reason) {
    record.status = Status::failed;
    record.reason = first_line(reason);
    record.latency.reset();
    return 0.0;
  };
  try {
    return measure(record, counter);
  } catch (const c10::OutOfMemoryError& error) {
    release_cached_memory();
    return fail(fmt::format("out of memory: {}", error.what_without_backtrace()));
  } catch (const c10::Error& error) {
    return fail(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return fail("out of memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

void tally(Outcome& outcome, const Record& record) {
  switch (record.status) {
    case Status::ok:
      ++outcome.ok;
      return;
    case Status::skipped:
      ++outcome.skipped;
      return;
    case Status::failed:
      ++outcome.failed;
      return;
  }
}

}  // namespace

Outcome run(const Study& study, const Plan& plan, RunStore& store, const std::string& environment,
            RunObserver& observer, const std::atomic<bool>& stop) {
  Outcome outcome;
  Counter counter;
  const auto began = Clock::now();
  for (std::size_t index = 0; index < plan.cells.size(); ++index) {
    const auto& cell = plan.cells[index];
    if (const auto found = store.records().find(cell.id); found != store.records().end()) {
      tally(outcome, found->second);
      continue;
    }
    if (stop) {
      outcome.interrupted = true;
      break;
    }
    observer.starts(cell, index);
    Record record;
    record.study = study.id;
    record.cell = cell;
    record.environment = environment;
    const auto cell_began = Clock::now();
    const auto spent = measure_or_fail(record, counter);
    record.overhead_s = seconds_since(cell_began) - spent;
    outcome.measuring_s += spent;
    store.append(record);
    tally(outcome, record);
    observer.ended(record);
  }
  outcome.total_s = seconds_since(began);
  return outcome;
}

double estimated_seconds(const Cell& cell) {
  if (!cell.protocol) return 0.01;
  const auto elements = static_cast<double>(cell.batch) * static_cast<double>(cell.resolution.height) *
                        static_cast<double>(cell.resolution.width) *
                        static_cast<double>(std::max(cell.channels.in, cell.channels.out));
  const bool cpu = cell.device == "cpu";
  const auto call = cpu ? 100e-6 + 2e-9 * elements : 100e-6 + 2e-11 * elements;
  return call * static_cast<double>(cell.protocol->warmup + cell.protocol->repeat);
}

}  // namespace ablate
