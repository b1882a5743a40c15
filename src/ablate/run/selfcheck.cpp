#include "ablate/run/selfcheck.hpp"

#include "ablate/base/error.hpp"
#include "ablate/measure/delay.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/run/fixed.hpp"
#include "ablate/run/group.hpp"
#include "ablate/stats/stats.hpp"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ablate {
namespace {

/// Both instances of a CUDA comparison spin, so that what a further kernel costs by itself cancels.
constexpr std::int64_t spin_of_both = 2000;

/// Timed cells on the device, each block and shape once, since the protocol is the check's own.
std::vector<Cell> cells_on(const Plan& plan, const std::string& device, const Protocol& protocol) {
  std::vector<Cell> cells;
  for (auto cell : plan.cells) {
    if (!cell.protocol || cell.device != device) continue;
    cell.protocol = protocol;
    if (std::ranges::none_of(cells, [&](const Cell& known) { return key(known) == key(cell); }))
      cells.push_back(std::move(cell));
  }
  if (cells.empty()) throw UserError("--device", device, "a device on which the study times cells");
  return cells;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// As one does by hand: means, and standard errors as if all samples were independent.
void compare_naively(Trial& trial, const Latency& base, const Latency& other) {
  const auto relative = [](const Latency& latency) {
    return latency.std / latency.mean / std::sqrt(static_cast<double>(latency.samples.size()));
  };
  const auto ratio = mean_of(other.samples) / mean_of(base.samples);
  const auto error = 1.96 * std::hypot(relative(base), relative(other));
  trial.naive_low = ratio * (1 - error);
  trial.naive_high = ratio * (1 + error);
}

class Comparer {
 public:
  Comparer(const SelfcheckOptions& options, Watch& watch, const std::atomic<bool>& stop)
      : options_(options), watch_(watch), stop_(stop) {}

  Trial compare(const Cell& cell, std::uint64_t seed) {
    auto base = prepare(cell, counter_);
    if (!base.block)
      throw UserError(fmt::format("cell {}", cell.id), base.record.reason, "a cell that can be timed");
    auto other = base;
    other.record.cell.id += " again";
    set_delays(base, other);
    return cell.protocol->kind == Sampling::paired ? paired(std::move(base), std::move(other), seed)
                                                   : fixed(base, other);
  }

 private:
  /// Of a call's own latency, which is measured first.
  void set_delays(Prepared& base, Prepared& other) {
    if (options_.delay <= 0) return;
    const c10::InferenceMode inference;
    const bool cuda = base.input.is_cuda();
    const auto device = base.input.device();
    auto slow_both = Delay{0, cuda ? spin_of_both : 0};
    base.copy = [slow_both](Block& block) { return delayed(copy_of(block), slow_both); };
    const auto instance = base.copy(*base.block);
    const auto sampler = make_sampler(*instance, base.input, false);
    std::vector<double> seconds;
    for (int i = 0; i < 30; ++i) seconds.push_back(sampler->sample(cuda ? Clock::device : Clock::host));
    std::ranges::nth_element(seconds, seconds.begin() + 15);
    const auto extra = options_.delay * seconds[15];
    const Delay delay{cuda ? 0 : extra, slow_both.cycles + (cuda ? cycles_for(extra, device) : 0)};
    other.copy = [delay](Block& block) { return delayed(copy_of(block), delay); };
    extra_s_ = extra;
  }

  Trial paired(Prepared base, Prepared other, std::uint64_t seed) {
    const auto& protocol = *base.record.cell.protocol;
    std::vector<Prepared> cells;
    cells.push_back(std::move(base));
    cells.push_back(std::move(other));
    GroupSampler sampler(std::move(cells), 0, seed);
    sampler.sample(protocol.budget_s, watch_, stop_);
    const auto records = sampler.records({});
    return trial_of(records[0], records[1]);
  }

  /// One after the other, as the fixed protocol measures cells.
  Trial fixed(Prepared& base, Prepared& other) {
    for (auto* prepared : {&base, &other}) {
      prepared->block = prepared->copy(*prepared->block);
      sample_fixed(*prepared, watch_, {});
    }
    return trial_of(base.record, other.record);
  }

  Trial trial_of(const Record& base, const Record& other) const {
    const auto clock = base.cell.protocol->clock;
    const auto *a = latency_on(base, clock), *b = latency_on(other, clock);
    if (!a || !b)
      throw UserError(fmt::format("cell {}", base.cell.id), base.reason + other.reason + base.no_device,
                      "a cell that can be timed on this clock");
    Trial trial{.cell = base.cell.id};
    if (options_.delay > 0) trial.truth = 1 + extra_s_ / a->median;
    const auto confidence = base.cell.protocol->confidence;
    if (base.pairing) {
      const auto ratio =
          exponential(centre(log_ratios(b->samples, a->samples), base.pairing->ends, confidence));
      trial.ratio = ratio.value, trial.low = ratio.low, trial.high = ratio.high;
    } else {
      const auto first = level(a->samples, {}, confidence), second = level(b->samples, {}, confidence);
      const auto width_of = [](const Estimate& of) {
        return of.low > 0 ? std::log(of.high / of.low) / 2 : std::numeric_limits<double>::infinity();
      };
      const auto width = std::hypot(width_of(first), width_of(second));
      trial.ratio = second.value / first.value;
      trial.low = trial.ratio * std::exp(-width), trial.high = trial.ratio * std::exp(width);
    }
    compare_naively(trial, *a, *b);
    return trial;
  }

  const SelfcheckOptions& options_;
  Watch& watch_;
  const std::atomic<bool>& stop_;
  Counter counter_;
  double extra_s_ = 0;  ///< of the delay under way
};

}  // namespace

std::vector<Trial> selfcheck(const Plan& plan, const std::string& device, const SelfcheckOptions& options,
                             const std::function<void(const Trial&)>& ended, const std::atomic<bool>& stop) {
  const auto cells = cells_on(plan, device, options.protocol);
  Watch watch(pci_bus_id(device));
  Comparer comparer(options, watch, stop);
  std::vector<Trial> trials;
  while (trials.size() < options.comparisons && !stop) {
    const auto& cell = cells[trials.size() % cells.size()];
    auto trial = comparer.compare(cell, options.seed + trials.size());
    if (stop) break;
    ended(trial);
    trials.push_back(std::move(trial));
  }
  return trials;
}

}  // namespace ablate
