#include "ablate/report/compare_table.hpp"
#include "checks.hpp"
#include "commands.hpp"
#include "formats.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace ablate::cli {
namespace {

struct CompareArguments {
  std::string a, b, format = "text";
  ComparisonRules rules;
  double threshold_percent = 0, same_percent = 1;
};

int compare(const CompareArguments& arguments) {
  auto rules = arguments.rules;
  rules.threshold = arguments.threshold_percent / 100;
  rules.same_within = arguments.same_percent / 100;
  const auto a = read_run(arguments.a), b = read_run(arguments.b);
  const auto comparison = compare_runs(a, b, rules);
  const auto tables = comparison_tables(comparison);
  Study study;
  study.id = "compare";
  study.title = fmt::format("{} against {}", b.name, a.name);
  print_as(arguments.format, study, b.environment, tables);
  return exit_code(comparison) == 0 ? well : check_failed;
}

}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<CompareArguments>();
  auto& command = *app.add_subcommand("compare", "Compare two runs cell by cell: is B slower than A?");
  command.add_option("A", arguments->a, "Directory of the run to compare with")->required();
  command.add_option("B", arguments->b, "Directory of the run to judge")->required();
  command
      .add_option("--threshold", arguments->threshold_percent,
                  "Percent by which a cell may be slower; beyond it, exit code 1")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--same-within", arguments->same_percent, "Percent within which cells count as equal")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--across-machines", arguments->rules.across_machines,
                   "Compare runs of different machines or libraries too");
  add_format(command, arguments->format);
  command.footer("Example:\n  ablate compare runs/main runs/branch --threshold 5");
  command.callback([arguments, &exit_code] { exit_code = compare(*arguments); });
}

}  // namespace ablate::cli
