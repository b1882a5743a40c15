#pragma once

#include "ablate/base/traits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
  std::int64_t calls = 1;  ///< in each sample, which is their mean
};

/// A second instance of a group's baseline, sampled in the same rounds: what its ratio to the first one shows
/// is noise.
struct Twin {
  std::optional<Latency> host, device, graph, launch;
};

/// What was sampled together: sample i of every cell of a group, on each clock, comes from round i.
struct Pairing {
  std::string group;              ///< the same text for all cells of the group, and no others
  std::string baseline;           ///< id of the group's baseline cell, which has the twin
  std::vector<std::size_t> ends;  ///< rounds behind the last one of each layout: between layouts all blocks
                                  ///< were built anew, at other places of the memory
  std::vector<std::size_t> process_ends;  ///< the same for processes; empty where there was one
  std::string stopped;                    ///< "precise", or "budget"
  std::int64_t set_aside = 0;  ///< rounds that are not among the samples, since they were disturbed
  std::optional<Twin> twin;    ///< of the baseline only
};

/// How far a form's output was from its train form's on the same input, before the cell was timed.
struct Equality {
  double absolute = 0;  ///< largest |form - train|
  double relative = 0;  ///< that over the largest |train|
  double tolerance =
      0;  ///< of `relative`; above the dtype's where train is the one in double (docs/measuring.md)
};

/// What computes a cell of the form `fused`.
struct Kernel {
  std::string
      scheme;       ///< of its kernels, for the cell's shape; "folded": there is none, it runs as that form
  std::string why;  ///< what decided
};

/// Bytes on the device of the cell.
struct Memory {
  std::int64_t weights = 0;      ///< parameters and buffers
  std::int64_t input = 0;        ///< what the block is fed
  std::int64_t activations = 0;  ///< most that a call held at one time besides those: outputs, intermediates,
                                 ///< workspaces that the framework's allocator gave
};

/// What a device was measured to do at best.
struct Peaks {
  double copy_byte_per_s = 0;  ///< read and written
  double fma_flop_per_s = 0;   ///< float32, two operations a multiply-add
};

/// Where a cell stands against what this machine was measured to do.
struct Attained {
  double flop_per_s = 0;      ///< 2 × MACs over the latency
  double byte_per_s = 0;      ///< least traffic over the latency
  double roofline = 0;        ///< latency that the slower of peak and copy bandwidth allows, over the latency
  bool memory_bound = false;  ///< which of the two that is
};

/// What the machine was doing around the samples, by name with unit: "sm_clock_mhz".
using Numbers = std::vector<std::pair<std::string, double>>;
struct Conditions {
  Numbers before, during, after;
};

/// Page faults while samples of the host clock were taken: each costs the call that meets it.
struct PageFaults {
  std::int64_t total = 0;    ///< in all samples
  std::int64_t samples = 0;  ///< with at least one
};

/// Percentiles interpolate linearly between the two nearest ranks. Throws std::invalid_argument without
/// samples, and for a sample that is no finite number.
Latency summarise(std::vector<double> samples);

}  // namespace ablate
