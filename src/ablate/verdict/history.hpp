#pragma once

#include "ablate/verdict/series.hpp"

#include <string>
#include <vector>

namespace ablate {

/// A commit as whoever asks knows it: a line of `git log --reverse --format='%h %s'`.
struct Commit {
  std::string revision, subject;
};

/// A line each: a revision, and a subject behind a space. Empty lines are left out. Throws UserError, its
/// place being `where` and the line, for a revision that is no hexadecimal number of four digits or more.
std::vector<Commit> parse_commits(const std::string& text, const std::string& where);

/// What one machine measured of one cell set, commit after commit, oldest first.
struct History {
  RunSeries series;
  std::vector<std::string> subjects;  ///< of the runs' commits; empty where they are not known
  std::vector<std::size_t> pooled;    ///< how many run directories each is made of
  /// Of each cell of the last commit, where there are three or more: against the first that has it.
  std::vector<CellComparison> overall;
  std::vector<std::string> remarks;  ///< which runs were left out
};

/// One history for each machine, since latencies of two are not comparable. Runs of one revision are pooled
/// as the processes of one run, so that what processes differ by is seen and not assumed; a revision with
/// changes on top ("…-dirty"), or none, is a point of its own each time. Their order is that of `commits`,
/// which need not be whole revisions, and runs of others are left out; without `commits` that in which they
/// began. Throws UserError where nothing is left.
std::vector<History> histories_of(std::vector<ComparedRun> runs, const std::vector<Commit>& commits,
                                  const ComparisonRules& rules);

/// 1 where the last commit of any history is slower than the one before it, or differs in what must be equal;
/// else 0.
int exit_code(const std::vector<History>& histories);

}  // namespace ablate
