#include "ablate/base/error.hpp"
#include "ablate/report/html_report.hpp"
#include "ablate/verdict/claims.hpp"
#include "commands.hpp"
#include "formats.hpp"
#include "overlay_report.hpp"
#include "recorded_run.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ablate::cli {
namespace {

struct ReportArguments {
  std::vector<std::string> directories;
  std::string format = "text";
  DrawingArguments drawings;
  bool check_claims = false;
};

/// Names each claim that came out otherwise than its study expects.
int check(const std::vector<Verdict>& verdicts) {
  for (const auto& line : surprises(verdicts)) fmt::print(stderr, "claim {}\n", line);
  return expectations_hold(verdicts) ? well : check_failed;
}

int report(const ReportArguments& arguments) {
  if (arguments.directories.size() > 1) {
    if (arguments.check_claims) throw UserError("--check-claims", "several runs", "one run");
    if (arguments.drawings.html)
      throw UserError("--html", "several runs, of which none is the page's place", "--html-file FILE");
    return report_runs(arguments.directories, arguments.format, arguments.drawings.at({}));
  }
  const std::filesystem::path directory = arguments.directories.front();
  const auto run = read_recorded_run(directory);
  const auto tables = all_tables(run.study, run.plan, run.records);
  write_tables(directory, run.study, run.environment, tables);
  const ReportedRun reported{run.study, run.plan, run.records, run.environment,
                             (directory / "study.json").string()};
  write_drawings(
      arguments.drawings.at(directory / "report.html"), [&] { return html_report(reported); },
      [&] { return all_figures(reported); });
  print_as(arguments.format, run.study, run.environment, tables);
  return arguments.check_claims ? check(judge(run.study, run.plan, run.records)) : well;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ReportArguments>();
  auto& command = *app.add_subcommand(
      "report", "Make a run's tables anew from its records, or lay runs over one another");
  command
      .add_option("directories", arguments->directories,
                  "Directory of the run; several are laid over one another, ratios being to the first")
      ->required();
  add_format(command, arguments->format);
  command.add_flag("--check-claims", arguments->check_claims,
                   "Exit with 1 where a claim has another verdict than it expects");
  arguments->drawings.add_to(command, "report.html into the run's directory");
  command.footer(
      "Examples:\n  ablate report runs/notebook --html --figures figures\n"
      "  ablate report runs/h100 runs/h200 runs/cpu --format md");
  command.callback([arguments, &exit_code] { exit_code = report(*arguments); });
}

}  // namespace ablate::cli
