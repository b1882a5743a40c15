#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/record/store.hpp"
#include "ablate/report/figure.hpp"
#include "ablate/study/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ablate {

/// A run as a report is made from.
struct ReportedRun {
  const Study& study;
  const Plan& plan;
  const Records& records;
  const Environment& environment;
  std::string study_file;  ///< as a command that measures a cell again names it
};

/// The run as one page: verdicts, then each section with its tables and pictures, the summary, at last the
/// environment. One file, which fetches nothing.
std::string html_report(const ReportedRun& run);

/// All pictures of the page, in its order, samples among them.
std::vector<Figure> all_figures(const ReportedRun& run);

/// Each figure as ID.svg in `directory`, which is made where it is missing. Returns the files.
std::vector<std::filesystem::path> write_figures(const std::filesystem::path& directory,
                                                 const std::vector<Figure>& figures);

}  // namespace ablate
