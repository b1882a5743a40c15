#include "ablate/report/values.hpp"

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

std::optional<std::int64_t> count_value(const Counts& counts, const std::string& metric) {
  if (metric == "params") return counts.params;
  if (metric == "buffers") return counts.buffers;
  if (metric == "macs") return counts.macs;
  if (metric == "bytes") return counts.bytes;
  return std::nullopt;
}

}  // namespace

std::optional<double> value_of(const Record& record, const std::string& metric) {
  if (metric.starts_with("latency"))
    return record.latency ? latency_value(*record.latency, metric) : std::nullopt;
  if (!record.counts) return std::nullopt;
  const auto count = count_value(*record.counts, metric);
  return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

double error_of(const Record& record, const std::string& metric) {
  if (!metric.starts_with("latency") || !record.latency) return 0;
  return record.latency->std / std::sqrt(static_cast<double>(record.latency->samples.size()));
}

}  // namespace ablate
