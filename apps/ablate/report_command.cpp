#include "ablate/base/error.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/record/plugin_blocks.hpp"
#include "ablate/report/format.hpp"
#include "ablate/report/html_report.hpp"
#include "ablate/study/parse.hpp"
#include "ablate/verdict/claims.hpp"
#include "commands.hpp"
#include "formats.hpp"
#include "overlay_report.hpp"
#include "rasterise.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace ablate::cli {
namespace {

struct ReportArguments {
  std::vector<std::string> directories;
  std::string format = "text", html_file, figures;
  bool check_claims = false, html = false;
};

/// Names each claim that came out otherwise than its study expects.
int check(const std::vector<Verdict>& verdicts) {
  for (const auto& line : surprises(verdicts)) fmt::print(stderr, "claim {}\n", line);
  return expectations_hold(verdicts) ? well : check_failed;
}

/// The page and the pictures, where they are asked for.
void draw(const ReportArguments& arguments, const ReportedRun& run) {
  if (arguments.html || !arguments.html_file.empty()) {
    const auto beside = std::filesystem::path(arguments.directories.front()) / "report.html";
    const auto file = arguments.html_file.empty() ? beside : std::filesystem::path(arguments.html_file);
    write_atomically(file, html_report(run));
    fmt::print(stderr, "page: {}\n", file.string());
  }
  if (!arguments.figures.empty()) {
    const auto files = write_figures(arguments.figures, all_figures(run));
    fmt::print(stderr, "{} figures: {}\n", files.size(), arguments.figures);
    if (const auto why = rasterise(files); !why.empty()) fmt::print(stderr, "{}\n", why);
  }
}

int report(const ReportArguments& arguments) {
  if (arguments.directories.size() > 1) {
    if (arguments.check_claims) throw UserError("--check-claims", "several runs", "one run");
    if (arguments.html)
      throw UserError("--html", "several runs, of which none is the page's place", "--html-file FILE");
    return report_runs(arguments.directories, arguments.format, {arguments.html_file, arguments.figures});
  }
  const std::filesystem::path directory = arguments.directories.front();
  const auto blocks = blocks_of_run(directory, block_specs());  // no plugin is loaded for a report
  const auto study = parse_study(directory / "study.json", blocks).study;
  const auto planned = plan(study, blocks, std::numeric_limits<std::uint64_t>::max());
  const auto environment = read_environment(directory);
  const auto records = read_records(directory);
  const auto tables = all_tables(study, planned, records);
  write_tables(directory, study, environment, tables);
  draw(arguments, {study, planned, records, environment, (directory / "study.json").string()});
  print_as(arguments.format, study, environment, tables);
  return arguments.check_claims ? check(judge(study, planned, records)) : well;
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
  command.add_flag("--html", arguments->html,
                   "Write report.html into the run's directory: a page that is one file");
  command.add_option("--html-file", arguments->html_file, "Write the page into this file instead");
  command.add_option(
      "--figures", arguments->figures,
      "Write every picture into this directory as SVG, and as PNG where rsvg-convert is found");
  command.footer(
      "Examples:\n  ablate report runs/notebook --html --figures figures\n"
      "  ablate report runs/h100 runs/h200 runs/cpu --format md");
  command.callback([arguments, &exit_code] { exit_code = report(*arguments); });
}

}  // namespace ablate::cli
