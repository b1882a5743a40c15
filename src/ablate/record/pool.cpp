#include "ablate/record/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace ablate {
namespace {

/// The samples of all processes on one clock; nothing where one lacks it.
template <typename Get>
std::optional<Latency> joined(const std::vector<Record>& processes, Get get) {
  std::vector<double> samples;
  std::int64_t calls = 1;
  for (const auto& process : processes) {
    const std::optional<Latency>& latency = get(process);
    if (!latency) return std::nullopt;
    samples.insert(samples.end(), latency->samples.begin(), latency->samples.end());
    calls = latency->calls;
  }
  auto summary = summarise(std::move(samples));
  summary.calls = calls;
  return summary;
}

Twin joined_twins(const std::vector<Record>& processes) {
  const auto twin_of = [&](auto member) {
    return joined(processes, [member](const Record& record) -> const std::optional<Latency>& {
      static const std::optional<Latency> absent;
      return record.pairing && record.pairing->twin ? (*record.pairing->twin).*member : absent;
    });
  };
  return {twin_of(&Twin::host), twin_of(&Twin::device), twin_of(&Twin::graph), twin_of(&Twin::launch)};
}

Pairing joined_pairings(const std::vector<Record>& processes) {
  Pairing pairing = *processes.front().pairing;
  pairing.ends.clear();
  pairing.set_aside = 0;
  std::size_t before = 0;
  for (const auto& process : processes) {
    for (const auto end : process.pairing->ends) pairing.ends.push_back(before + end);
    before += process.pairing->ends.empty() ? process.latency->samples.size() : process.pairing->ends.back();
    pairing.process_ends.push_back(before);
    pairing.set_aside += process.pairing->set_aside;
    if (process.pairing->stopped != "precise") pairing.stopped = process.pairing->stopped;
  }
  if (pairing.twin) pairing.twin = joined_twins(processes);
  return pairing;
}

void join_circumstances(Record& pooled, const std::vector<Record>& processes) {
  for (std::size_t i = 1; i < processes.size(); ++i) {
    const auto& process = processes[i];
    if (pooled.page_faults && process.page_faults) {
      pooled.page_faults->total += process.page_faults->total;
      pooled.page_faults->samples += process.page_faults->samples;
    }
    for (const auto& problem : process.disturbed)
      if (std::ranges::find(pooled.disturbed, problem) == pooled.disturbed.end())
        pooled.disturbed.push_back(problem);
    pooled.overhead_s += process.overhead_s;
    if (process.output != pooled.output) pooled.disturbed.emplace_back("outputs differ between processes");
  }
}

}  // namespace

Record pool_processes(const std::vector<Record>& processes) {
  if (processes.empty()) throw std::invalid_argument("no processes to pool");
  for (std::size_t i = 0; i < processes.size(); ++i)
    if (processes[i].status != Status::ok) {
      auto record = processes[i];
      if (record.status == Status::failed)
        record.reason = fmt::format("in process {}: {}", i + 1, record.reason);
      return record;
    }
  auto pooled = processes.front();
  if (!pooled.latency) return pooled;
  const auto* reading = latency_on(pooled, Clock::device);
  const auto before = reading ? reading->median : 0;
  pooled.latency =
      joined(processes, [](const Record& r) -> const std::optional<Latency>& { return r.latency; });
  pooled.device =
      joined(processes, [](const Record& r) -> const std::optional<Latency>& { return r.device; });
  pooled.graph = joined(processes, [](const Record& r) -> const std::optional<Latency>& { return r.graph; });
  pooled.launch =
      joined(processes, [](const Record& r) -> const std::optional<Latency>& { return r.launch; });
  const bool paired = std::ranges::all_of(processes, [](const Record& r) { return r.pairing.has_value(); });
  if (paired) pooled.pairing = joined_pairings(processes);
  join_circumstances(pooled, processes);
  if (const auto* now = latency_on(pooled, Clock::device); pooled.attained && now) {
    const auto faster = before / now->median;
    pooled.attained->flop_per_s *= faster;
    pooled.attained->byte_per_s *= faster;
    pooled.attained->roofline *= faster;
  }
  return pooled;
}

}  // namespace ablate
