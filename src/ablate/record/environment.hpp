#pragma once

#include "ablate/measure/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace ablate {

/// What a number may depend on besides the cell. Filled in by `run`; unknown texts are empty.
struct Environment {
  std::string cpu;       ///< model name
  int cores = 0;         ///< available to the process
  int threads = 0;       ///< that LibTorch uses within an operation
  std::string governor;  ///< of the first core's frequency, if readable
  std::string gpu, driver, cuda, cudnn;
  std::string allocator;  ///< how host memory is kept between calls; empty: the system's way
  std::string plugins;    ///< each with the hash of its bytes; empty: none
  std::string libtorch, compiler, build_type, flags, revision, os;
  bool tf32 = false, cudnn_benchmark = false, deterministic = false;
  std::string affinity;                ///< cores that the process was pinned to; empty: not pinned
  std::map<std::string, Peaks> peaks;  ///< by device; measured, so no part of the hash
  double clock_resolution_s = 0, clock_overhead_s = 0;  ///< of the steady clock; no part of the hash
  std::string time;  ///< when the run began, ISO 8601, UTC; not part of the hash
};

std::string to_json(const Environment& environment);
/// Throws UserError naming `where`.
Environment environment_from_json(const std::string& text, const std::string& where);

/// Of everything but the time.
std::string hash(const Environment& environment);

/// Names of the fields that differ, each as "threads: 2, was 8".
std::vector<std::string> differences(const Environment& now, const Environment& then);

}  // namespace ablate
