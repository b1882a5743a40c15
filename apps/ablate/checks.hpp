#pragma once

#include "ablate/study/plan.hpp"
#include "ablate/verdict/compare.hpp"

#include <string>

namespace ablate::cli {

/// Says on stderr which claims came out otherwise than expected. Returns the exit code: `check_failed` if one
/// did.
int check_claims(const Study& study, const Plan& plan, const Records& records);

/// What a comparison reads of a run's directory.
ComparedRun read_run(const std::string& directory);

}  // namespace ablate::cli
