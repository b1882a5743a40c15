#pragma once

#include "ablate/record/store.hpp"
#include "ablate/study/plan.hpp"

#include <filesystem>

namespace ablate::cli {

/// What a run's directory holds, read without loading a plugin or opening a block's file.
struct RecordedRun {
  Study study;
  Plan plan;
  Environment environment;
  Records records;
};

/// Throws UserError for what is missing or damaged.
RecordedRun read_recorded_run(const std::filesystem::path& directory);

}  // namespace ablate::cli
