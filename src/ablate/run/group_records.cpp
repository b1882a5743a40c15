#include "ablate/base/text.hpp"
#include "ablate/measure/peaks.hpp"
#include "ablate/run/group.hpp"
#include "ablate/stats/stats.hpp"

#include <algorithm>

namespace ablate {

double GroupSampler::undecided() const {
  const auto& protocol = *cells_[baseline_].record.cell.protocol;
  const auto clock = index_of(deciding_clock());
  const auto& base = lanes_[baseline_];
  if (ends_.size() < 2 || !base.alive) return 1e9;
  double widest = 0;
  for (const auto& lane : lanes_) {
    const auto& samples = lane.samples[clock];
    if (!lane.alive || samples.size() != base.samples[clock].size()) continue;
    if (&lane != &base) {
      const auto ratio = centre(log_ratios(samples, base.samples[clock]), ends_, protocol.confidence);
      widest = std::max(widest, (ratio.high - ratio.low) / 2);
    }
    if (!lane.twin) widest = std::max(widest, level(samples, ends_, protocol.confidence).precision());
  }
  return widest / protocol.precision;
}

Estimate GroupSampler::level_of(std::size_t index) const {
  const auto& lane = lanes_[index];
  const auto& samples = lane.samples[index_of(deciding_clock())];
  if (!lane.alive || samples.empty()) return {};
  return level(samples, ends_, cells_[index].record.cell.protocol->confidence);
}

Record GroupSampler::record_of(const Lane& lane, const std::string& stopped,
                               const std::map<std::string, Peaks>& peaks) const {
  auto record = cells_[lane.cell].record;
  if (!lane.alive) return record;
  const auto latency = [](const Lane& of, Clock clock) -> std::optional<Latency> {
    const auto& samples = of.samples[index_of(clock)];
    if (samples.empty()) return std::nullopt;
    auto summary = summarise(samples);
    summary.calls = of.calls[index_of(clock)];
    return summary;
  };
  record.latency = latency(lane, Clock::host);
  record.page_faults = lane.page_faults;
  if (record.cell.device != "cpu") {
    record.device = latency(lane, Clock::device);
    record.graph = latency(lane, Clock::graph);
    record.launch = latency(lane, Clock::launch);
    record.no_device = lane.why_not[index_of(Clock::device)];
    record.no_graph = lane.why_not[index_of(Clock::graph)];
  }
  Pairing pairing;
  std::string ids;
  for (const auto& cell : cells_) ids += cell.record.cell.id;
  pairing.group = hex(stable_hash(ids));
  pairing.baseline = cells_[baseline_].record.cell.id;
  pairing.ends = ends_;
  pairing.stopped = stopped;
  pairing.set_aside = set_aside_;
  if (const auto& twin = lanes_.back(); lane.cell == baseline_ && twin.alive)
    pairing.twin = Twin{latency(twin, Clock::host), latency(twin, Clock::device), latency(twin, Clock::graph),
                        latency(twin, Clock::launch)};
  record.pairing = std::move(pairing);
  record.conditions = conditions_;
  record.disturbed = disturbed_;
  const auto* clock = latency_on(record, Clock::device);
  const auto peak = peaks.find(record.cell.device);
  if (clock && peak != peaks.end() && record.counts)
    record.attained = attained(*record.counts, clock->median, peak->second);
  return record;
}

std::vector<Record> GroupSampler::records(const std::map<std::string, Peaks>& peaks) const {
  const std::string stopped = has_samples() && undecided() <= 1 ? "precise" : "budget";
  std::vector<Record> records;
  for (const auto& lane : lanes_)
    if (!lane.twin) records.push_back(record_of(lane, stopped, peaks));
  return records;
}

}  // namespace ablate
