#include "checks.hpp"

#include "ablate/verdict/claims.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ablate::cli {

int check_claims(const Study& study, const Plan& plan, const Records& records) {
  const auto verdicts = judge(study, plan, records);
  for (const auto& line : surprises(verdicts)) fmt::print(stderr, "claim not as expected: {}\n", line);
  return expectations_hold(verdicts) ? well : check_failed;
}

ComparedRun read_run(const std::string& directory) {
  ComparedRun run{directory, read_environment(directory), read_records(directory), {}};
  run.floors = noise_floors(run.records);
  return run;
}

}  // namespace ablate::cli
