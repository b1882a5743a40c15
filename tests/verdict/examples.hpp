#pragma once

#include "ablate/base/text.hpp"
#include "ablate/measure/result.hpp"
#include "ablate/verdict/claims.hpp"
#include "report/example_study.hpp"

#include <cmath>
#include <random>

namespace examples {

/// A stream of log-normal noise around 1, the same for the same seed.
inline std::vector<double> noise(std::uint64_t seed, double spread, std::size_t count = 240) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    // The sum of twelve uniform numbers is near enough to normal, and the same on every library.
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += static_cast<double>(random() >> 11) * 0x1.0p-53;
    values.push_back(std::exp(spread * sum));
  }
  return values;
}

inline ablate::Latency stream(double level, double spread, std::uint64_t seed) {
  auto samples = noise(seed, spread);
  for (auto& sample : samples) sample *= level;
  return ablate::summarise(std::move(samples));
}

/// What an example's cells are like: how long one takes, and how much the samples scatter.
struct Truth {
  double level = 1e-4;
  double spread = 0.003;
};

/// Sampled in the rounds of its point, with A as the baseline; `twin` is how far A's second instance seems to
/// be from it.
inline ablate::Record paired(const ablate::Cell& cell, Truth truth, double twin = 1) {
  auto record = record_of(cell);
  const auto seed = ablate::stable_hash(cell.id);
  record.latency = stream(truth.level, truth.spread, seed);
  record.counts = ablate::Counts{cell.channels.out * (cell.variant == "A" ? 10 : 20), 0, 0, 0};
  ablate::Pairing pairing;
  pairing.group = std::to_string(cell.channels.out) + cell.device;
  pairing.ends = {120, 240};
  if (cell.variant == "A")
    pairing.twin = ablate::Twin{stream(truth.level * twin, truth.spread, seed + 1), {}, {}, {}};
  record.pairing = std::move(pairing);
  return record;
}

}  // namespace examples
