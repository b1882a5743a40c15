#pragma once

#include "ablate/verdict/contrast.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// One of the two runs that are compared.
struct ComparedRun {
  std::string name;  ///< as the user gave it: its directory
  Environment environment;
  Records records;
  std::vector<Floor> floors;  ///< `noise_floors` of the records
};

struct ComparisonRules {
  bool across_machines = false;  ///< compare even where environments differ in what matters
  double threshold = 0;  ///< a cell that is slower is a regression where its whole interval is above this
  double same_within = 0.01;  ///< what counts as the same speed
  double confidence = 0.95;   ///< of the intervals, and of all differences together (Holm)
};

/// How a cell of run B stands to that of run A.
enum class Change { slower, faster, undecided, same };
inline constexpr std::array<std::string_view, 4> change_names{"slower", "faster", "undecided", "same"};
constexpr std::string_view name(Change change) { return change_names[static_cast<std::size_t>(change)]; }

/// One clock's levels in both runs.
struct LevelComparison {
  Clock clock = Clock::host;
  double a = 0, b = 0;  ///< seconds: medians
  Estimate ratio;       ///< B / A, the interval widened by the noise floors of both runs
};

/// What must be equal and is not.
struct ExactDifference {
  std::string what;  ///< "params", "output", "status"
  std::string a, b;
};

struct CellComparison {
  Cell cell;
  std::vector<LevelComparison> levels;  ///< that both runs have
  std::optional<Estimate>
      to_baseline;         ///< (cell / baseline in B) / (cell / baseline in A), on the deciding clock
  bool disturbed = false;  ///< in either run
  std::optional<Estimate> decisive;  ///< the ratio that the change is drawn from: `docs/compare.md`
  bool by_baseline = false;          ///< whether that is `to_baseline`
  Clock clock = Clock::host;         ///< that it is read from
  double p = 1;                      ///< that there is no difference beyond the noise floors (Holm)
  std::optional<Change> change;      ///< none for cells without a latency in both runs
  bool regression = false;
  std::vector<ExactDifference> differences;
};

struct Comparison {
  std::string a, b;
  ComparisonRules rules;
  bool other_machine = false;                    ///< environments differ in what matters
  std::vector<std::string> environment_differs;  ///< "revision: 12ab, was 34cd": B's and A's
  std::vector<std::string> remarks;              ///< what makes the verdicts weaker than they look
  std::vector<CellComparison> cells;             ///< in both runs; regressions first
  std::vector<Cell> only_a, only_b;
  std::size_t outputs = 0;  ///< cells whose output was compared

  std::size_t count(Change change) const;
  std::size_t regressions() const;
  std::size_t cells_that_differ() const;  ///< in what must be equal
};

/// In what a latency depends on, B's environment and A's: "gpu: H200, was H100". Compiler, flags, revision,
/// system and governor are not among it: they are often the very thing that changed.
std::vector<std::string> machine_differences(const Environment& b, const Environment& a);

/// Compares two runs cell by cell: B is called slower or faster than A. Counts, outputs and whether a cell
/// could be measured are compared exactly; latencies by `docs/compare.md`. Throws UserError where the
/// environments differ in what a latency depends on, unless `across_machines`; then outputs are not compared.
/// Throws it too where the runs have no cell in common.
Comparison compare_runs(const ComparedRun& a, const ComparedRun& b, const ComparisonRules& rules);

/// 1 for a regression, and for anything that must be equal and is not; else 0.
int exit_code(const Comparison& comparison);

}  // namespace ablate
