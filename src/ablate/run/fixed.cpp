#include "ablate/run/fixed.hpp"

#include "ablate/base/steady.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/measure/peaks.hpp"
#include "ablate/measure/sampler.hpp"

#include <c10/core/InferenceMode.h>

namespace ablate {
namespace {

Latency latency_of(std::vector<double> samples, std::int64_t calls) {
  auto latency = summarise(std::move(samples));
  latency.calls = calls;
  return latency;
}

std::optional<Latency> sample_clock(Sampler& sampler, Clock clock, std::int64_t times, std::string& why_not) {
  why_not = sampler.why_not(clock);
  std::vector<double> samples;
  for (std::int64_t i = 0; i < times && why_not.empty(); ++i) {
    samples.push_back(sampler.sample(clock));
    why_not = sampler.why_not(clock);
  }
  if (!why_not.empty()) return std::nullopt;
  return latency_of(std::move(samples), sampler.calls(clock));
}

/// Each sample of the device's clock has one of launching with it.
void sample_device(Record& record, Sampler& sampler) {
  record.no_device = sampler.why_not(Clock::device);
  std::vector<double> device, launch;
  for (int i = 0; i < other_samples && record.no_device.empty(); ++i) {
    device.push_back(sampler.sample(Clock::device));
    record.no_device = sampler.why_not(Clock::device);
    if (record.no_device.empty()) launch.push_back(sampler.sample(Clock::launch));
  }
  if (!record.no_device.empty()) return;
  record.device = latency_of(std::move(device), sampler.calls(Clock::device));
  record.launch = latency_of(std::move(launch), sampler.calls(Clock::launch));
}

void sample_host(Prepared& prepared, Sampler& sampler, const Protocol& protocol) {
  auto& record = prepared.record;
  const auto faults = page_faults();
  if (protocol.cache == Cache::cold) {
    std::string none;
    record.latency = sample_clock(sampler, Clock::host, protocol.repeat, none);
  } else {
    record.latency =
        summarise(sample(*prepared.block, prepared.input, protocol.warmup, protocol.repeat).samples_s);
  }
  record.page_faults = PageFaults{page_faults() - faults, 0};
}

}  // namespace

double sample_fixed(Prepared& prepared, Watch& watch, const std::map<std::string, Peaks>& peaks) {
  auto& record = prepared.record;
  const auto& protocol = *record.cell.protocol;
  const c10::InferenceMode inference;
  const MathMode math(record.cell.tf32);
  const auto before = watch.read();
  const auto begin = Steady::now();
  const auto sampler = make_sampler(*prepared.block, prepared.input, protocol.cache == Cache::cold);
  sample_host(prepared, *sampler, protocol);
  if (prepared.input.is_cuda()) {
    sample_device(record, *sampler);
    record.graph = sample_clock(*sampler, Clock::graph, other_samples, record.no_graph);
  }
  const auto spent = seconds_since(begin);
  const auto after = watch.read();
  record.conditions = Conditions{numbers(before), {}, numbers(after)};
  record.disturbed = disturbances(before, after);
  const auto peak = peaks.find(record.cell.device);
  if (const auto* clock = latency_on(record, Clock::device); clock && peak != peaks.end() && record.counts)
    record.attained = attained(*record.counts, clock->median, peak->second);
  return spent;
}

}  // namespace ablate
