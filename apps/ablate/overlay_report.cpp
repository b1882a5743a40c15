#include "overlay_report.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/overlay.hpp"
#include "ablate/report/overlay_page.hpp"
#include "ablate/report/run_labels.hpp"
#include "ablate/report/series_cells.hpp"
#include "ablate/verdict/align.hpp"
#include "checks.hpp"
#include "commands.hpp"
#include "formats.hpp"

#include <fmt/format.h>

namespace ablate::cli {

int report_runs(const std::vector<std::string>& directories, const std::string& format,
                const Drawings& drawings) {
  std::vector<ComparedRun> runs;
  for (const auto& directory : directories) runs.push_back(read_run(directory));
  const auto labels = run_labels(runs);
  const auto levelled = align(runs);
  const RunSeries series(std::move(runs), Against::first, {});
  auto tables = overlay_tables(series, labels);
  if (!levelled.empty())
    tables.front().notes.push_back(fmt::format(
        "cells are matched whatever their {}: each run has one of its own", join(levelled, " and ")));
  write_drawings(
      drawings, [&] { return overlay_page(series, labels, tables); },
      [&] { return overlay_figures(series, labels); });
  if (format == "json" || format == "csv") tables.push_back(readings_table(series, labels, "overlay"));
  Study study;
  study.id = "overlay";
  study.title = fmt::format("{} over one another", join(labels));
  print_as(format, study, series.runs().front().environment, tables);
  return well;
}

}  // namespace ablate::cli
