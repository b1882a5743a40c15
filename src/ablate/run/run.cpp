#include "ablate/run/run.hpp"

#include "ablate/base/steady.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/run/fixed.hpp"
#include "ablate/run/group.hpp"

#include <algorithm>
#include <set>

namespace ablate {
namespace {

/// With a budget every group first gets this much, then the least decided one another slice.
constexpr double first_share = 0.5, slice_share = 0.02, least_slice_s = 0.2;

/// A group whose sampling may go on.
struct OpenGroup {
  GroupSampler sampler;
  double setup_s;  ///< before its first sample
};

class Runner {
 public:
  Runner(const Study& study, const Plan& plan, RunStore& store, const RunOptions& options,
         RunObserver& observer, const std::atomic<bool>& stop)
      : study_(study), plan_(plan), store_(store), options_(options), observer_(observer), stop_(stop) {
    for (const auto& group : plan.groups)
      for (const auto cell : group.cells) group_of_.emplace(cell, &group);
  }

  RunOutcome run() {
    for (std::size_t index = 0; index < plan_.cells.size() && !outcome_.interrupted; ++index) {
      const auto& cell = plan_.cells[index];
      if (done_.contains(index)) continue;
      if (const auto found = store_.records().find(cell.id); found != store_.records().end()) {
        tally(found->second);
        continue;
      }
      const auto group = group_of_.find(index);
      if (stop_)
        outcome_.interrupted = true;
      else if (group == group_of_.end())
        measure_alone(index);
      else
        measure_group(*group->second);
    }
    spend_the_rest();
    outcome_.total_s = seconds_since(began_);
    return outcome_;
  }

 private:
  void measure_alone(std::size_t index) {
    observer_.starts(plan_.cells[index], index);
    const auto begin = Steady::now();
    auto prepared = prepare(plan_.cells[index], counter_);
    double spent = 0;
    if (prepared.block)
      or_fail(prepared.record,
              [&] { spent = sample_fixed(prepared, watch_of(prepared.record.cell.device), options_.peaks); });
    if (prepared.record.status == Status::failed) forget_latencies(prepared.record);
    finish(prepared.record, seconds_since(begin) - spent, spent);
  }

  static void forget_latencies(Record& record) {
    record.latency.reset();
    record.device.reset();
    record.graph.reset();
  }

  /// All cells of the group that have no record yet. A group that went on from an earlier run is another
  /// group.
  void measure_group(const Group& group) {
    const auto begin = Steady::now();
    std::vector<Prepared> alive;
    std::size_t baseline = 0;
    for (const auto index : group.cells) {
      if (store_.records().contains(plan_.cells[index].id)) continue;
      done_.insert(index);
      observer_.starts(plan_.cells[index], index);
      auto prepared = prepare(plan_.cells[index], counter_);
      if (!prepared.block) {
        finish(prepared.record, 0, 0);
        continue;
      }
      if (index == group.baseline) baseline = alive.size();
      alive.push_back(std::move(prepared));
    }
    if (alive.empty()) return;
    sample_group({sampler_of(std::move(alive), baseline), seconds_since(begin)});
  }

  GroupSampler sampler_of(std::vector<Prepared> cells, std::size_t baseline) {
    Instruments instruments;
    instruments.after_layout = [this](const GroupSampler& sampler) { tell(sampler); };
    return GroupSampler(std::move(cells), baseline, options_.order_seed, std::move(instruments));
  }

  void tell(const GroupSampler& sampler) {
    Interim interim{sampler.cell_count(), sampler.rounds(), 0, sampler.deciding_clock(), {}, {}};
    interim.spent = std::min(1.0, seconds_since(group_began_) / group_limit_s_);
    interim.cell = [&](std::size_t index) -> const Cell& { return sampler.cell(index); };
    interim.estimate = [&](std::size_t index) { return sampler.level_of(index); };
    observer_.sampled(interim);
  }

  void sample_group(OpenGroup group) {
    const auto cell = group.sampler.baseline_cell();
    const auto limit = options_.budget_s
                           ? *options_.budget_s * first_share / static_cast<double>(plan_.groups.size())
                           : cell.protocol->budget_s;
    group_began_ = Steady::now();
    group_limit_s_ = limit;
    group.sampler.sample(limit, watch_of(cell.device), stop_);
    if (stop_ && !group.sampler.baseline_failed()) {
      outcome_.interrupted = true;
      return;
    }
    if (group.sampler.baseline_failed()) {
      sample_what_is_left(std::move(group));
      return;
    }
    write(group, true);
    if (options_.budget_s) open_.push_back(std::move(group));
  }

  void sample_what_is_left(OpenGroup group) {
    std::vector<Prepared> alive;
    for (auto& prepared : std::move(group.sampler).take_cells())
      if (prepared.record.status == Status::failed)
        finish(prepared.record, 0, 0);
      else
        alive.push_back(std::move(prepared));
    if (!alive.empty()) sample_group({sampler_of(std::move(alive), 0), group.setup_s});
  }

  void write(const OpenGroup& group, bool first) {
    auto records = group.sampler.records(options_.peaks);
    const auto share = 1.0 / static_cast<double>(records.size());
    for (auto& record : records) {
      if (first)
        finish(record, group.setup_s * share, group.sampler.spent_s() * share);
      else
        replace(record, group.setup_s * share);
    }
  }

  /// What is left of the budget goes to the least decided group, slice by slice.
  void spend_the_rest() {
    if (!options_.budget_s || open_.empty()) return;
    const auto slice = std::max(least_slice_s, slice_share * *options_.budget_s);
    std::set<const OpenGroup*> touched;
    while (!stop_ && seconds_since(began_) + slice <= *options_.budget_s) {
      const auto widest = std::ranges::max_element(
          open_, {}, [](const OpenGroup& group) { return group.sampler.undecided(); });
      if (widest->sampler.undecided() <= 1) break;
      const auto before = widest->sampler.spent_s();
      group_began_ = Steady::now();
      group_limit_s_ = slice;
      widest->sampler.sample(slice, watch_of(widest->sampler.baseline_cell().device), stop_);
      outcome_.measuring_s += widest->sampler.spent_s() - before;
      touched.insert(&*widest);
    }
    for (const auto* group : touched) write(*group, false);
  }

  void finish(Record& record, double overhead_s, double spent_s) {
    complete(record, overhead_s);
    outcome_.measuring_s += spent_s;
    store_.append(record);
    tally(record);
    observer_.ended(record);
  }

  void replace(Record& record, double overhead_s) {
    complete(record, overhead_s);
    store_.replace(record);
  }

  void complete(Record& record, double overhead_s) const {
    record.study = study_.id;
    record.environment = options_.environment;
    record.overhead_s = overhead_s;
  }

  void tally(const Record& record) {
    outcome_.ok += record.status == Status::ok ? 1 : 0;
    outcome_.skipped += record.status == Status::skipped ? 1 : 0;
    outcome_.failed += record.status == Status::failed ? 1 : 0;
    outcome_.disturbed += record.disturbed.empty() ? 0 : 1;
  }

  Watch& watch_of(const std::string& device) {
    const auto known = watches_.find(device);
    return known != watches_.end() ? known->second
                                   : watches_.emplace(device, Watch(pci_bus_id(device))).first->second;
  }

  const Study& study_;
  const Plan& plan_;
  RunStore& store_;
  const RunOptions& options_;
  RunObserver& observer_;
  const std::atomic<bool>& stop_;
  Steady::time_point began_ = Steady::now(), group_began_ = began_;
  double group_limit_s_ = 1;  ///< what the group under way may take
  Counter counter_;
  RunOutcome outcome_;
  std::map<std::string, Watch> watches_;
  std::map<std::size_t, const Group*> group_of_;
  std::set<std::size_t> done_;  ///< cells of groups that were tried
  std::vector<OpenGroup> open_;
};

}  // namespace

RunOutcome run(const Study& study, const Plan& plan, RunStore& store, const RunOptions& options,
               RunObserver& observer, const std::atomic<bool>& stop) {
  return Runner(study, plan, store, options, observer, stop).run();
}

double estimated_seconds(const Cell& cell) {
  if (!cell.protocol) return 0.01;
  const auto elements = static_cast<double>(cell.batch) * static_cast<double>(cell.resolution.height) *
                        static_cast<double>(cell.resolution.width) *
                        static_cast<double>(std::max(cell.channels.in, cell.channels.out));
  const bool cpu = cell.device == "cpu";
  const auto call = cpu ? 100e-6 + 2e-9 * elements : 100e-6 + 2e-11 * elements;
  // A group of four lanes: enough rounds for a percent where a sample scatters by five, or the budget.
  constexpr double rounds = 400;
  if (cell.protocol->kind == Sampling::paired)
    return std::min(0.15 + call * rounds, cell.protocol->budget_s / 4);
  return call * static_cast<double>(cell.protocol->warmup + cell.protocol->repeat);
}

}  // namespace ablate
