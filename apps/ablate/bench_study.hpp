#pragma once

#include "ablate/base/block_spec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ablate::cli {

/// What `ablate bench` was asked for. Lists hold what stood between commas, as it was written.
struct BenchRequest {
  /// Registered blocks, each perhaps with options of its own ("DWBlock:kernel_size=5"), and files: .pt is a
  /// TorchScript module, .pt2 one that AOTInductor compiled. The first is the baseline.
  std::vector<std::string> blocks;
  std::vector<std::string> channels{"64"}, resolutions{"64"}, batches{"1"}, forms{"deploy"},
      dtypes{"float32"};
  std::vector<std::string> devices;  ///< at least one
  std::vector<std::string> options;  ///< "kernel_size=5", or "kernel_size=5,7" for an axis
  std::vector<std::string> metrics;  ///< empty: counts, and latency on the clocks of the devices
  std::string protocol = "paired";   ///< or fixed
  double seconds = 5, precision_percent = 1;
  std::int64_t warmup = 20, repeat = 100;
};

/// The study that answers the request, as JSON. It is checked as any study is once it is read; here UserError
/// is thrown for what cannot even be written down as one.
std::string bench_study(const BenchRequest& request, const std::vector<BlockSpec>& blocks);

}  // namespace ablate::cli
