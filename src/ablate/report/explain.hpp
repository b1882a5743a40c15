#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/report/table.hpp"
#include "ablate/stats/stats.hpp"
#include "ablate/verdict/claims.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// All that a run knows of one cell.

/// One clock's samples: their median with its 95 % interval.
struct ClockReading {
  Clock clock = Clock::host;
  const Latency* latency = nullptr;
  Estimate estimate;
};

/// How the cell lies to the baseline of a section on a metric, as the ratio cell / baseline at 95 %.
struct AgainstBaseline {
  std::string metric, baseline;  ///< baseline: the cell's id
  std::string baseline_name;     ///< "STMBlock deploy"
  bool exact = false, paired = false, beyond_noise = false;
  Estimate ratio;
  double floor = 0;  ///< |log ratio| up to which noise could be all there is
};

/// A section that shows the cell, by its labels there.
struct Showing {
  std::string section, title;
  Place at;
  std::vector<AgainstBaseline> standings;
};

/// Refers to the plan and the records that it was made from: they must live longer.
struct Explanation {
  const Cell* cell = nullptr;
  const Record* record = nullptr;  ///< null where the cell was not run
  std::vector<ClockReading> clocks;
  std::vector<Showing> shown_in;
  std::vector<const Cell*> company;  ///< the cells of its group, itself among them; empty where it is alone
  std::vector<Verdict> claims;       ///< that rest on it
  Environment environment;
  bool other_environment = false;  ///< the cell was measured in another one than the run began in
  std::string command;             ///< that measures the cell again
};

struct ExplainedRun {
  const Study& study;
  const Plan& plan;
  const Records& records;
  const Environment& environment;
  std::string directory;
};

/// The cell whose id begins with `id`. Throws UserError where there is none, or several, with the nearest.
const Cell& cell_named(const Plan& plan, const std::string& id, const std::string& where);

Explanation explain(const ExplainedRun& run, const Cell& cell);

std::string to_text(const Explanation& explanation);
/// One object; docs/bench.md has its keys. Samples stay in records.jsonl.
std::string to_json(const Explanation& explanation);

}  // namespace ablate
