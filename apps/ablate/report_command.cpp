#include "ablate/blocks/registry.hpp"
#include "ablate/record/plugin_blocks.hpp"
#include "ablate/report/format.hpp"
#include "ablate/study/parse.hpp"
#include "ablate/verdict/claims.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>

namespace ablate::cli {
namespace {

struct ReportArguments {
  std::string directory, format = "text";
  bool check_claims = false;
};

/// Names each claim that came out otherwise than its study expects.
int check(const std::vector<Verdict>& verdicts) {
  for (const auto& line : surprises(verdicts)) fmt::print(stderr, "claim {}\n", line);
  return expectations_hold(verdicts) ? well : check_failed;
}

int report(const ReportArguments& arguments) {
  const std::filesystem::path directory = arguments.directory;
  const auto blocks = blocks_of_run(directory, block_specs());  // no plugin is loaded for a report
  const auto study = parse_study(directory / "study.json", blocks).study;
  const auto planned = plan(study, blocks, std::numeric_limits<std::uint64_t>::max());
  const auto environment = read_environment(directory);
  const auto records = read_records(directory);
  const auto tables = all_tables(study, planned, records);
  write_tables(directory, study, environment, tables);
  if (arguments.format == "md") fmt::print("{}", to_markdown(study, environment, tables));
  if (arguments.format == "json") fmt::print("{}", to_json(study, environment, tables));
  if (arguments.format == "csv") fmt::print("{}", to_csv(tables));
  if (arguments.format == "text")
    for (const auto& table : tables) fmt::print("{}\n", to_text(table));
  return arguments.check_claims ? check(judge(study, planned, records)) : well;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ReportArguments>();
  auto& command = *app.add_subcommand("report", "Make a run's tables anew from its records");
  command.add_option("directory", arguments->directory, "Directory of the run")->required();
  command.add_option("--format", arguments->format, "What to print: text, md, json or csv")
      ->check(CLI::IsMember({"text", "md", "json", "csv"}))
      ->capture_default_str();
  command.add_flag("--check-claims", arguments->check_claims,
                   "Exit with 1 where a claim has another verdict than it expects");
  command.footer("Example:\n  ablate report runs/notebook --format md");
  command.callback([arguments, &exit_code] { exit_code = report(*arguments); });
}

}  // namespace ablate::cli
