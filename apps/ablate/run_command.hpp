#pragma once

#include "study_arguments.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ablate::cli {

/// What `run` and `bench` share: how a planned study is measured, and where its records go.
struct RunArguments {
  std::string out, resume, allocator = "keep", progress = "auto";
  int threads = 0, processes = 1;
  std::vector<int> pin;
  double budget_s = 0;
  std::uint64_t order_seed = 0;
  bool force = false, dry_run = false, check_claims = false;
  std::string baseline;  ///< directory of an earlier run
  double threshold_percent = 0;

  /// Adds the options that say how to measure, and --out.
  void add_to(CLI::App& command);
};

/// Measures the study, prints its tables, writes its files. Returns the exit code.
int run_planned(const RunArguments& arguments, const PlannedStudy& planned);

}  // namespace ablate::cli
