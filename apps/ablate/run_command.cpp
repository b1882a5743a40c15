#include "run_command.hpp"
#include "ablate/base/error.hpp"
#include "ablate/blocks/plugin.hpp"
#include "ablate/measure/allocator.hpp"
#include "ablate/measure/peaks.hpp"
#include "ablate/measure/sampler.hpp"
#include "ablate/record/plugin_blocks.hpp"
#include "ablate/report/compare_table.hpp"
#include "ablate/report/format.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/run/run.hpp"
#include "checks.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "processes.hpp"
#include "progress.hpp"
#include "section_printer.hpp"
#include "study_arguments.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace ablate::cli {

namespace {

/// What a process of `--processes` is told besides its study and directory. The budget is all processes'
/// together.
std::vector<std::string> common_arguments(const RunArguments& arguments) {
  std::vector<std::string> words{"--allocator", arguments.allocator, "--progress", arguments.progress};
  if (arguments.threads > 0) words.insert(words.end(), {"--threads", fmt::format("{}", arguments.threads)});
  if (!arguments.pin.empty())
    words.insert(words.end(), {"--pin", fmt::format("{}", fmt::join(arguments.pin, ","))});
  if (arguments.budget_s > 0)
    words.insert(words.end(), {"--budget", fmt::format("{}", arguments.budget_s / arguments.processes)});
  return words;
}

/// Before LibTorch starts its threads, which inherit it. Returns what records say of it.
std::string pin_to(const std::vector<int>& cores) {
  if (cores.empty()) return {};
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const auto core : cores) CPU_SET(static_cast<std::size_t>(core), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    throw UserError("--pin", fmt::format("{}", fmt::join(cores, ",")), "cores that this process may use");
  return fmt::format("{}", fmt::join(cores, ","));
}

Environment prepare_process(const RunArguments& arguments, const PlannedStudy& planned) {
  const auto affinity = pin_to(arguments.pin);
  if (arguments.threads > 0)
    at::set_num_threads(arguments.threads);
  else if (!arguments.pin.empty())
    at::set_num_threads(static_cast<int>(arguments.pin.size()));
  const auto allocator = arguments.allocator == "keep" ? keep_freed_memory() : system_allocator();
  auto environment = this_environment();
  environment.allocator = allocator;
  environment.affinity = affinity;
  environment.plugins = plugin_identities();
  environment.tf32 = planned.parsed.study.tf32;
  return environment;
}

/// Once a run, for the devices that it times cells on.
void measure_machine(Environment& environment, const Plan& plan) {
  const auto clock = measure_clock();
  environment.clock_resolution_s = clock.resolution_s;
  environment.clock_overhead_s = clock.overhead_s;
  for (const auto& cell : plan.cells)
    if (cell.protocol && !environment.peaks.contains(cell.device) && why_not_here(cell.device).empty())
      environment.peaks.emplace(cell.device, measure_peaks(cell.device));
}

/// "runs/notebook-20260131-174502": by the time in the environment, with a number where that is taken.
std::filesystem::path fresh_directory(const std::string& study, const Environment& environment) {
  auto time = environment.time;
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  time.replace(time.find('T'), 1, "-");
  const auto base = fmt::format("runs/{}-{}", study, time);
  auto directory = base;
  for (int n = 2; std::filesystem::exists(directory); ++n) directory = fmt::format("{}-{}", base, n);
  return directory;
}

RunStore open_store(const RunArguments& arguments, const PlannedStudy& planned,
                    const Environment& environment) {
  if (!arguments.resume.empty())
    return RunStore::resume(arguments.resume, planned.parsed.json, environment, arguments.force);
  const auto directory = arguments.out.empty() ? fresh_directory(planned.parsed.study.id, environment)
                                               : std::filesystem::path(arguments.out);
  return RunStore::create(directory, planned.parsed.json, environment);
}

int run_here(const RunArguments& arguments, const PlannedStudy& planned, const Environment& environment,
             RunStore& store) {
  SectionPrinter printer(planned, store);
  RunOptions options{hash(environment), environment.peaks, std::nullopt, arguments.order_seed};
  if (arguments.budget_s > 0) options.budget_s = arguments.budget_s;
  const auto progress = make_progress(arguments.progress, planned.plan, store.records(), [&](const Record&) {
    if (!options.budget_s) printer.print_complete();  // with a budget, numbers still get better
  });
  const auto outcome =
      run(planned.parsed.study, planned.plan, store, options, *progress, stop_on_interrupt());
  printer.print_rest();
  progress->finished(outcome, store.directory());
  if (outcome.interrupted) return interrupted;
  return outcome.failed > 0 ? cells_failed : well;
}

int compare_with(const RunArguments& arguments, const RunStore& store) {
  ComparisonRules rules;
  rules.threshold = arguments.threshold_percent / 100;
  const auto comparison =
      compare_runs(read_run(arguments.baseline), read_run(store.directory().string()), rules);
  print_tables(comparison_tables(comparison));
  return exit_code(comparison) == 0 ? well : check_failed;
}

int run_study(StudyArguments& study, const RunArguments& arguments) {
  if (study.file.empty()) {
    if (arguments.resume.empty()) throw UserError("study", "missing", "a study file, or --resume DIR");
    study.file = (std::filesystem::path(arguments.resume) / "study.json").string();
  }
  return run_planned(arguments, read_and_plan(study));
}

}  // namespace

int run_planned(const RunArguments& arguments, const PlannedStudy& planned) {
  if (arguments.dry_run) {
    print_plan(planned, "text");
    return well;
  }
  auto environment = prepare_process(arguments, planned);
  if (arguments.processes == 1) measure_machine(environment, planned.plan);
  auto store = open_store(arguments, planned, environment);
  write_plugin_blocks(store.directory(), plugin_specs());
  auto code = arguments.processes > 1 ? run_processes(arguments.processes, common_arguments(arguments),
                                                      planned, store, stop_on_interrupt())
                                      : run_here(arguments, planned, environment, store);
  const auto tables = all_tables(planned.parsed.study, planned.plan, store.records());
  write_tables(store.directory(), planned.parsed.study, environment, tables);
  if (arguments.processes > 1) print_tables(tables);  // else each was printed as it was complete
  if (code != interrupted && arguments.check_claims)
    code = std::max(code, check_claims(planned.parsed.study, planned.plan, store.records()));
  if (code != interrupted && !arguments.baseline.empty())
    code = std::max(code, compare_with(arguments, store));
  return code;
}

void RunArguments::add_to(CLI::App& command) {
  command.add_option("--out", out, "Directory of the run; default: runs/STUDY-TIME")->type_name("DIR");
  command.add_option("--threads", threads, "Threads within an operation; default: LibTorch's choice")
      ->check(CLI::Range(1, 4096));
  command
      .add_option(
          "--budget", budget_s,
          "Time for all paired cells together (60s, 5m), the least decided first; default: each group has "
          "its protocol's own")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}}))
      ->check(CLI::PositiveNumber);
  command
      .add_option("--processes", processes,
                  "Repeat the study in so many fresh processes and pool their samples")
      ->check(CLI::Range(1, 1000));
  command.add_option("--pin", pin, "Cores that the process is kept on, as 0,1; as many threads")
      ->delimiter(',')
      ->check(CLI::Range(0, CPU_SETSIZE - 1));
  command
      .add_option("--allocator", allocator,
                  "keep: freed memory stays with the process; system: as glibc has it")
      ->check(CLI::IsMember({"keep", "system"}))
      ->capture_default_str();
  command.add_option("--order-seed", order_seed, "Decides the order in which paired cells take turns")
      ->capture_default_str();
  command
      .add_option("--progress", progress,
                  "What stderr is told: auto is a bar on a terminal and plain lines elsewhere; json: a line "
                  "of JSON an event")
      ->check(CLI::IsMember(progress_modes))
      ->capture_default_str();
  command.add_flag("--dry-run", dry_run, "Say what would be measured, as `ablate plan` does");
}

void add_run(CLI::App& app, int& exit_code) {
  const auto study = std::make_shared<StudyArguments>();
  const auto arguments = std::make_shared<RunArguments>();
  auto& command = *app.add_subcommand("run", "Measure a study and write its records and tables");
  study->add_to(command, false);
  arguments->add_to(command);
  command.add_option("--resume", arguments->resume, "Go on with an unfinished run in this directory")
      ->type_name("DIR")
      ->excludes("--out");
  command.add_flag("--force", arguments->force, "Resume although study or environment are not the same");
  command.add_flag("--check-claims", arguments->check_claims,
                   "Exit code 1 if a claim of the study has another verdict than it expects");
  command
      .add_option("--baseline", arguments->baseline,
                  "Directory of an earlier run: compare with it at the end, as `ablate compare` does")
      ->type_name("DIR");
  command
      .add_option("--threshold", arguments->threshold_percent,
                  "With --baseline: percent by which a cell may be slower")
      ->check(CLI::NonNegativeNumber);
  command.footer(
      "A block that is a file (\"torchscript\", \"aoti\") executes what the file holds; files are opened "
      "only\n"
      "where the study names them.\n"
      "Example:\n  ablate run configs/notebook.json --device cpu --section channels "
      "--set sections.channels.axes.channels=[32,64]");
  command.callback([study, arguments, &exit_code] { exit_code = run_study(*study, *arguments); });
}

}  // namespace ablate::cli
