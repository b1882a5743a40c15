#include "ablate/run/group.hpp"

#include "ablate/measure/device.hpp"
#include "ablate/stats/stats.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ablate {
namespace {

/// A group's time is divided into so many layouts, each within these seconds; one has a few rounds at least.
constexpr double layouts_in_budget = 24, shortest_layout_s = 0.04, longest_layout_s = 1;
constexpr std::size_t fewest_rounds = 4;
/// An interval wants independent stretches; fewer say nothing of how layouts differ.
constexpr std::size_t fewest_layouts = 8;
/// Warming up ends here even where the level has not settled: caches and clocks have by then.
constexpr double longest_warmup_s = 0.3;
constexpr std::size_t fewest_warmups = 6;
/// Disturbed stretches that are made up for, a group.
constexpr std::int64_t tries = 4;
/// Offsets between instances, in bytes: up to a few pages.
constexpr std::int64_t most_padding = 1 << 15;

}  // namespace

GroupSampler::GroupSampler(std::vector<Prepared> cells, std::size_t baseline, std::uint64_t order_seed,
                           Instruments instruments)
    : cells_(std::move(cells)),
      baseline_(baseline),
      instruments_(std::move(instruments)),
      random_(order_seed),
      tries_left_(tries) {
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    lanes_.emplace_back();
    lanes_.back().cell = cell;
  }
  lanes_.emplace_back();
  lanes_.back().cell = baseline_;
  lanes_.back().twin = true;
}

std::vector<Clock> GroupSampler::clocks() const {
  if (cells_[baseline_].record.cell.device == "cpu") return {Clock::host};
  return {Clock::host, Clock::device, Clock::launch, Clock::graph};
}

/// The one that the protocol names, if every instance has it.
Clock GroupSampler::deciding_clock() const {
  const auto wanted = cells_[baseline_].record.cell.protocol->clock;
  if (cells_[baseline_].record.cell.device == "cpu") return Clock::host;
  const bool all = std::ranges::all_of(
      lanes_, [&](const Lane& lane) { return !lane.alive || lane.why_not[index_of(wanted)].empty(); });
  return all ? wanted : Clock::host;
}

/// Of every lane; one that failed keeps none.
std::size_t GroupSampler::rounds() const { return ends_.empty() ? 0 : ends_.back(); }
bool GroupSampler::has_samples() const { return rounds() > 0; }

void GroupSampler::fail_lane(Lane& lane) {
  lane.alive = false;
  lane.sampler.reset();
  lane.block.reset();
  for (auto& samples : lane.samples) samples.clear();
}

void GroupSampler::build_instances() {
  padding_.clear();
  std::uniform_int_distribution<std::int64_t> bytes(1, most_padding);
  std::vector<std::size_t> order(lanes_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random_);
  for (const auto index : order) {
    auto& lane = lanes_[index];
    if (!lane.alive) continue;
    auto& prepared = cells_[lane.cell];
    const bool built = or_fail(prepared.record, [&] {
      padding_.push_back(torch::empty({bytes(random_)}, prepared.input.options().dtype(torch::kByte)));
      lane.input = prepared.input.clone();
      lane.block = prepared.copy(*prepared.block);
      const bool cold = prepared.record.cell.protocol->cache == Cache::cold;
      lane.sampler = instruments_.sampler_of(*lane.block, lane.input, cold, lane.calls);
    });
    if (!built) {
      fail_lane(lane);
      continue;
    }
    for (const auto clock : clocks()) {
      lane.calls[index_of(clock)] = lane.sampler->calls(clock);
      if (lane.why_not[index_of(clock)].empty()) lane.why_not[index_of(clock)] = lane.sampler->why_not(clock);
    }
  }
}

void GroupSampler::drop_instances() {
  for (auto& lane : lanes_) {
    lane.sampler.reset();
    lane.block.reset();
    lane.input = torch::Tensor();
  }
  padding_.clear();
}

/// Rows of a Latin square with its columns shuffled: in as many rounds as there are lanes, each stands once
/// at every place. Then another square.
std::vector<std::size_t> GroupSampler::next_order() {
  if (turn_ == 0 || turn_ >= square_.size()) {
    square_.resize(lanes_.size());
    std::iota(square_.begin(), square_.end(), 0);
    std::ranges::shuffle(square_, random_);
    turn_ = 0;
  }
  auto order = square_;
  std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(turn_++));
  return order;
}

void GroupSampler::sample_lane(Lane& lane) {
  for (const auto clock : clocks()) {
    const auto at = index_of(clock);
    if (lane.why_not[at].empty())
      lane.why_not[at] = lane.sampler->why_not(clock);  // `launch` goes with `device`
    if (!lane.why_not[at].empty()) {
      lane.samples[at].clear();
      continue;
    }
    const auto faults = clock == Clock::host ? page_faults() : 0;
    const auto seconds = lane.sampler->sample(clock);
    if (clock == Clock::host) {
      const auto met = page_faults() - faults;
      lane.page_faults.total += met;
      lane.page_faults.samples += met > 0 ? 1 : 0;
    }
    lane.why_not[at] = lane.sampler->why_not(clock);
    if (lane.why_not[at].empty())
      lane.samples[at].push_back(seconds);
    else
      lane.samples[at].clear();
  }
}

void GroupSampler::sample_round(const std::vector<std::size_t>& order) {
  const auto begin = instruments_.now();
  for (const auto index : order) {
    auto& lane = lanes_[index];
    if (lane.alive && !or_fail(cells_[lane.cell].record, [&] { sample_lane(lane); })) fail_lane(lane);
  }
  round_s_ = since(begin);
}

/// In the first layout until the level stands still; later ones find everything warm but their own memory.
void GroupSampler::warm_up(Watch& watch) {
  if (warm_) {
    for (auto& lane : lanes_)
      if (lane.alive && !or_fail(cells_[lane.cell].record, [&] { lane.sampler->call(); })) fail_lane(lane);
    return;
  }
  const auto begin = instruments_.now();
  std::vector<double> seconds;
  while (seconds.size() < fewest_warmups || (!is_stationary(seconds) && since(begin) < longest_warmup_s)) {
    sample_round(next_order());
    seconds.push_back(round_s_);
    if (since(begin) > longest_warmup_s) break;
  }
  truncate(0);
  for (auto& lane : lanes_) lane.page_faults = {};
  warm_ = true;
  last_ = watch.read();
  conditions_.before = numbers(*last_);
}

void GroupSampler::sample_layout(const std::atomic<bool>& stop) {
  const auto budget_s = cells_[baseline_].record.cell.protocol->budget_s;
  const auto layout_s = std::clamp(budget_s / layouts_in_budget, shortest_layout_s, longest_layout_s);
  const auto wanted = round_s_ > 0 ? static_cast<std::size_t>(layout_s / round_s_) : fewest_rounds;
  const auto count = std::max(wanted, fewest_rounds);
  for (std::size_t round = 0; round < count && !stop; ++round) sample_round(next_order());
  for (const auto& lane : lanes_)
    if (lane.alive) {
      ends_.push_back(lane.samples[index_of(Clock::host)].size());
      return;
    }
}

void GroupSampler::truncate(std::size_t rounds) {
  for (auto& lane : lanes_)
    for (auto& samples : lane.samples) samples.resize(std::min(samples.size(), rounds));
  std::erase_if(ends_, [&](std::size_t end) { return end > rounds; });
}

/// What was sampled since the last reading stays, or is set aside if something disturbed it.
void GroupSampler::judge(Watch& watch, bool last) {
  auto reading = watch.read();
  if (last) conditions_.after = numbers(reading);
  if (!reading.since_s) return;
  if (!last) conditions_.during = numbers(reading);
  const auto problems = disturbances(*last_, reading);
  last_ = std::move(reading);
  if (!problems.empty() && tries_left_ > 0) {
    --tries_left_;
    set_aside_ += static_cast<std::int64_t>(rounds() - judged_);
    truncate(judged_);
  } else {
    for (const auto& problem : problems)
      if (std::ranges::find(disturbed_, problem) == disturbed_.end()) disturbed_.push_back(problem);
  }
  judged_ = rounds();
}

void GroupSampler::sample(double seconds, Watch& watch, const std::atomic<bool>& stop) {
  const c10::InferenceMode inference;
  const MathMode math(cells_[baseline_].record.cell.tf32);
  const auto begin = instruments_.now();
  auto next = fewest_layouts;
  while (!stop && !baseline_failed()) {
    build_instances();
    warm_up(watch);
    sample_layout(stop);
    const bool late = since(begin) >= seconds;
    judge(watch, late);
    if (late && has_samples()) break;
    if (ends_.size() >= next) {
      if (undecided() <= 1) break;
      next = std::max(ends_.size() + 2, ends_.size() * 5 / 4);
    }
    if (instruments_.after_layout) instruments_.after_layout(*this);
  }
  judge(watch, true);
  drop_instances();
  spent_s_ += since(begin);
}

}  // namespace ablate
