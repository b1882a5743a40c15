#pragma once

#include "ablate/verdict/compare.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace examples {

/// `count` samples around `seconds` that scatter by one percent either way, the same for the same seed.
inline std::vector<double> samples(double seconds, std::uint64_t seed, std::size_t count = 400) {
  std::vector<double> values;
  auto state = seed * 0x9E3779B97F4A7C15 + 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const auto uniform = static_cast<double>(state >> 11) / 9007199254740992.0;
    values.push_back(seconds * (1 + 0.02 * (uniform - 0.5)));
  }
  return values;
}

/// A cell on the CPU that was measured and counted.
inline ablate::Record measured(const std::string& id, double seconds, std::uint64_t seed) {
  ablate::Record record;
  record.cell.id = id;
  record.cell.variant = "Block" + id;
  record.cell.block = "DWBlock";
  record.cell.protocol = ablate::Protocol{"p", 2, 400};
  record.counts = ablate::Counts{4608, 387, 14156800, 2117120};
  record.latency = ablate::summarise(samples(seconds, seed));
  record.output = "00000000000000ff";
  return record;
}

inline ablate::Environment machine(const std::string& cpu = "Some CPU") {
  ablate::Environment environment;
  environment.cpu = cpu;
  environment.cores = environment.threads = 2;
  environment.revision = "12ab";
  return environment;
}

inline ablate::ComparedRun run_of(const std::string& name, const std::vector<ablate::Record>& records,
                                  double floor = 0.002) {
  ablate::ComparedRun run{name, machine(), {}, {{"cpu", ablate::Clock::host, {1, 1, 1}, floor, 1}}};
  for (const auto& record : records) run.records.emplace(record.cell.id, record);
  return run;
}

/// Cells "1", "2" and "3" of 1, 2 and 3 ms, each slower by its factor; another seed is another run.
inline ablate::ComparedRun three_cells(const std::string& name, std::uint64_t seed, double first = 1,
                                       double second = 1, double third = 1) {
  return run_of(name, {measured("1", 1e-3 * first, 10 * seed), measured("2", 2e-3 * second, 10 * seed + 1),
                       measured("3", 3e-3 * third, 10 * seed + 2)});
}

/// Cells "1" (the baseline) and "2", interleaved; `drift` slows the rounds of both down, `slower` the second.
inline ablate::ComparedRun interleaved(const std::string& name, std::uint64_t seed, double drift,
                                       double slower) {
  auto first = measured("1", 1e-3 * drift, 10 * seed);
  auto second = measured("2", 2e-3 * drift * slower, 10 * seed + 1);
  for (auto* record : {&first, &second}) {
    record->pairing = ablate::Pairing{};
    record->pairing->group = "g";
    record->pairing->baseline = "1";
    record->pairing->ends = {record->latency->samples.size()};
  }
  return run_of(name, {first, second});
}

}  // namespace examples
