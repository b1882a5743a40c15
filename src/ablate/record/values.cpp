#include "ablate/record/values.hpp"

#include <cmath>

namespace ablate {
namespace {

std::optional<double> latency_value(const Latency& latency, const std::string& metric) {
  if (metric == "latency" || metric == "latency.mean") return latency.mean;
  if (metric == "latency.std") return latency.std;
  if (metric == "latency.median") return latency.median;
  if (metric == "latency.min") return latency.min;
  if (metric == "latency.p05") return latency.p05;
  if (metric == "latency.p95") return latency.p95;
  return std::nullopt;
}

/// The samples that a metric is a statistic of; null for other metrics and where there are none.
const Latency* samples_of(const Record& record, const std::string& metric) {
  const auto clock = clock_of(metric);
  return clock ? latency_on(record, *clock) : nullptr;
}

std::optional<double> timed_value(const Record& record, const std::string& metric) {
  const auto* samples = samples_of(record, metric);
  if (metric == "latency.device" || metric == "latency.graph" || metric == "latency.launch")
    return samples ? std::optional(samples->median) : std::nullopt;
  if (metric == "latency.launch_ratio")
    return record.latency && record.device && record.device->median > 0
               ? std::optional(record.latency->median / record.device->median)
               : std::nullopt;
  return samples ? latency_value(*samples, metric) : std::nullopt;
}

std::optional<std::int64_t> count_value(const Counts& counts, const std::string& metric) {
  if (metric == "params") return counts.params;
  if (metric == "buffers") return counts.buffers;
  if (metric == "macs") return counts.macs;
  if (metric == "bytes") return counts.bytes;
  return std::nullopt;
}

std::optional<double> run_value(const Record& record, const std::string& metric) {
  if (metric == "memory.weights" && record.memory) return static_cast<double>(record.memory->weights);
  if (metric == "memory.activations" && record.memory) return static_cast<double>(record.memory->activations);
  if (metric == "throughput.flops" && record.attained) return record.attained->flop_per_s;
  if (metric == "throughput.bytes" && record.attained) return record.attained->byte_per_s;
  if (metric == "roofline" && record.attained) return record.attained->roofline;
  if (metric == "error" && record.equality) return record.equality->relative;
  if (metric == "page_faults" && record.page_faults && record.latency)
    return static_cast<double>(record.page_faults->total) /
           static_cast<double>(record.latency->samples.size() *
                               static_cast<std::size_t>(record.latency->calls));
  return std::nullopt;
}

}  // namespace

std::optional<Clock> clock_of(const std::string& metric) {
  if (metric == "latency.device") return Clock::device;
  if (metric == "latency.graph") return Clock::graph;
  if (metric == "latency.launch") return Clock::launch;
  if (metric == "latency.launch_ratio") return std::nullopt;
  return metric.starts_with("latency") ? std::optional(Clock::host) : std::nullopt;
}

std::optional<double> value_of(const Record& record, const std::string& metric) {
  if (metric.starts_with("latency")) return timed_value(record, metric);
  if (metric == "width") return static_cast<double>(record.cell.channels.out);
  if (const auto value = run_value(record, metric)) return value;
  const auto count = record.counts ? count_value(*record.counts, metric) : std::nullopt;
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

double error_of(const Record& record, const std::string& metric) {
  const auto* samples = samples_of(record, metric);
  return samples ? samples->std / std::sqrt(static_cast<double>(samples->samples.size())) : 0;
}

}  // namespace ablate
