#pragma once

#include "ablate/record/store.hpp"
#include "study_arguments.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace ablate::cli {

/// Runs the study in `count` fresh processes, one after another, each in a directory of its own below the
/// store's
/// (`process-1`, …), and appends the pooled records to the store. Processes that have finished before are not
/// run again. `arguments` are what each process is told besides the study, its directory and its order of
/// turns. Returns the worst exit code; stops at an interrupt.
int run_processes(int count, const std::vector<std::string>& arguments, const PlannedStudy& planned,
                  RunStore& store, const std::atomic<bool>& stop);

}  // namespace ablate::cli
