#include "ablate/base/error.hpp"
#include "ablate/record/record.hpp"
#include "ablate/run/run.hpp"
#include "commands.hpp"
#include "progress.hpp"
#include "study_arguments.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct PlanArguments {
  StudyArguments study;
  std::string format = "text";
};

void print_text(const PlannedStudy& planned) {
  double total = 0;
  for (const auto& cell : planned.plan.cells) {
    const auto seconds = estimated_seconds(cell);
    total += seconds;
    const auto protocol = cell.protocol ? describe(*cell.protocol) : std::string("counted only");
    fmt::print("{}  ~{:6.2f} s  {:<30}  {}\n", cell.id, seconds, protocol, describe(cell));
  }
  std::size_t shown = 0;
  for (const auto& section : planned.plan.sections) shown += section.placements.size();
  fmt::print("{} cells, shown in {} places of {} sections; about {:.0f} s\n", planned.plan.cells.size(),
             shown, planned.plan.sections.size(), total);
}

}  // namespace

void print_plan(const PlannedStudy& planned, const std::string& format) {
  if (format == "json")
    fmt::print("{}", plan_to_json(planned.parsed.study, planned.plan));
  else
    print_text(planned);
}

void add_plan(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<PlanArguments>();
  auto& command = *app.add_subcommand("plan", "Say which cells a study has, and how long they may take");
  arguments->study.add_to(command, true);
  command.add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.footer("Example:\n  ablate plan configs/notebook.json --device cpu");
  command.callback([arguments, &exit_code] {
    print_plan(read_and_plan(arguments->study), arguments->format);
    exit_code = well;
  });
}

}  // namespace ablate::cli
