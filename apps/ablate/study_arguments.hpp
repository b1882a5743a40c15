#pragma once

#include "ablate/study/parse.hpp"
#include "ablate/study/plan.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace ablate::cli {

/// What `run`, `plan` and `params` share: the study, what is changed of it, and what is chosen from it.
struct StudyArguments {
  std::string file;
  Overrides overrides;
  std::uint64_t max_cells = default_max_cells;

  /// Adds the options to `command`. The file is required unless another option can stand in for it.
  void add_to(CLI::App& command, bool file_required);
};

struct PlannedStudy {
  ParsedStudy parsed;
  Plan plan;
};

/// Throws UserError for whatever is wrong with the study.
PlannedStudy read_and_plan(const StudyArguments& arguments);

/// Which cells, and how long they may take; `format` is "text" or "json".
void print_plan(const PlannedStudy& planned, const std::string& format);

}  // namespace ablate::cli
