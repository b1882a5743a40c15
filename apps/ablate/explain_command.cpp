#include "ablate/report/explain.hpp"
#include "commands.hpp"
#include "recorded_run.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <memory>

namespace ablate::cli {
namespace {

struct ExplainArguments {
  std::string cell, directory;
  bool json = false;
};

void explain_cell(const ExplainArguments& arguments) {
  const auto run = read_recorded_run(arguments.directory);
  const auto& cell = cell_named(run.plan, arguments.cell, arguments.directory);
  const auto explanation =
      explain({run.study, run.plan, run.records, run.environment, arguments.directory}, cell);
  if (arguments.json)
    fmt::print("{}", to_json(explanation));
  else
    say(stdout, to_text(explanation));
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ExplainArguments>();
  auto& command = *app.add_subcommand("explain", "Tell all that a run knows of one number");
  command.add_option("cell", arguments->cell, "The cell's id (`ablate plan`, tables.csv), or how it begins")
      ->required();
  command.add_option("directory", arguments->directory, "Directory of the run")->required()->type_name("DIR");
  command.add_flag("--json", arguments->json, "As JSON");
  command.footer("Example:\n  ablate explain 5bd2 runs/notebook");
  command.callback([arguments, &exit_code] {
    explain_cell(*arguments);
    exit_code = well;
  });
}

}  // namespace ablate::cli
