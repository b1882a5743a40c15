#pragma once

#include "ablate/base/traits.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ablate {

/// What measuring gives: plain values, so that records and reports need no torch.

/// What a block costs without running it against a clock.
struct Counts {
  std::int64_t params = 0;   ///< elements of all parameters
  std::int64_t buffers = 0;  ///< elements of all buffers (running statistics, counters)
  std::int64_t macs = 0;     ///< multiplications of one forward call, see docs/measuring.md
  std::int64_t bytes = 0;    ///< least traffic of one call: input, output, parameters and buffers once each
};

/// One direct child of a block.
struct Part {
  std::string name;  ///< as in the state dict: "mix_conv"
  std::string type;  ///< "Conv2d 1x1, 64 -> 64"
  std::int64_t params = 0;
  std::int64_t buffers = 0;
};

/// Samples in seconds, in the order in which they were taken, with their statistics.
struct Latency {
  double mean = 0, std = 0;  ///< std is the population's, as the notebook prints it
  double median = 0, min = 0, p05 = 0, p95 = 0;
  std::vector<double> samples;
};

/// Percentiles interpolate linearly between the two nearest ranks. Throws std::invalid_argument without
/// samples, and for a sample that is no finite number.
Latency summarise(std::vector<double> samples);

}  // namespace ablate
