#include "ablate/blocks/registry.hpp"
#include "ablate/record/plugin_blocks.hpp"
#include "ablate/report/explain.hpp"
#include "ablate/study/parse.hpp"
#include "commands.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <memory>

namespace ablate::cli {
namespace {

struct ExplainArguments {
  std::string cell, directory;
  bool json = false;
};

void explain_cell(const ExplainArguments& arguments) {
  const std::filesystem::path directory = arguments.directory;
  const auto blocks = blocks_of_run(directory, block_specs());
  const auto study = parse_study(directory / "study.json", blocks).study;
  const auto planned = plan(study, blocks, std::numeric_limits<std::uint64_t>::max());
  const auto& cell = cell_named(planned, arguments.cell, arguments.directory);
  const auto environment = read_environment(directory);
  const auto records = read_records(directory);
  const auto explanation = explain({study, planned, records, environment, arguments.directory}, cell);
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
