#include "ablate/base/error.hpp"
#include "ablate/measure/allocator.hpp"
#include "ablate/report/format.hpp"
#include "ablate/run/run.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "study_arguments.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

namespace ablate::cli {

namespace {

struct Arguments {
  StudyArguments study;
  std::string out, resume;
  int threads = 0;
  bool force = false, dry_run = false;
};

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

/// Prints each section's tables once all its cells have a record, in the order of the study.
class SectionPrinter {
 public:
  SectionPrinter(const PlannedStudy& planned, const RunStore& store) : planned_(planned), store_(store) {}

  void print_complete() {
    for (const auto& section : planned_.plan.sections) {
      if (printed_.contains(section.section)) continue;
      if (!is_complete(section)) return;
      printed_.insert(section.section);
      print(section_tables(planned_.parsed.study, planned_.plan, section, store_.records()));
    }
  }

  /// What could not be completed, and the summary, which needs all.
  void print_rest() {
    for (const auto& section : planned_.plan.sections)
      if (!printed_.contains(section.section))
        print(section_tables(planned_.parsed.study, planned_.plan, section, store_.records()));
    print(summary_tables(planned_.parsed.study, planned_.plan, store_.records()));
  }

 private:
  bool is_complete(const PlannedSection& section) const {
    return std::ranges::all_of(section.placements, [&](const Placement& placement) {
      return store_.records().contains(planned_.plan.cells[placement.cell].id);
    });
  }

  static void print(const std::vector<Table>& tables) {
    for (const auto& table : tables) fmt::print("{}\n", to_text(table));
    std::fflush(stdout);
  }

  const PlannedStudy& planned_;
  const RunStore& store_;
  std::set<std::size_t> printed_;
};

RunStore open_store(const Arguments& arguments, const PlannedStudy& planned, const Environment& environment) {
  if (!arguments.resume.empty())
    return RunStore::resume(arguments.resume, planned.parsed.json, environment, arguments.force);
  const auto directory = arguments.out.empty() ? fresh_directory(planned.parsed.study.id, environment)
                                               : std::filesystem::path(arguments.out);
  return RunStore::create(directory, planned.parsed.json, environment);
}

void print_outcome(const Outcome& outcome, const std::filesystem::path& directory) {
  fmt::print(
      stderr,
      "{}{} cells measured, {} skipped, {} failed in {:.1f} s, {:.1f} s of it outside warm-up and samples\n",
      outcome.interrupted ? "interrupted: " : "", outcome.ok, outcome.skipped, outcome.failed,
      outcome.total_s, outcome.total_s - outcome.measuring_s);
  fmt::print(stderr, "records and tables: {}\n", directory.string());
  if (outcome.interrupted) fmt::print(stderr, "go on with: ablate run --resume {}\n", directory.string());
}

int run_study(Arguments& arguments) {
  if (arguments.study.file.empty()) {
    if (arguments.resume.empty()) throw UserError("study", "missing", "a study file, or --resume DIR");
    arguments.study.file = (std::filesystem::path(arguments.resume) / "study.json").string();
  }
  const auto planned = read_and_plan(arguments.study);
  if (arguments.dry_run) {
    print_plan(planned, "text");
    return well;
  }
  if (arguments.threads > 0) at::set_num_threads(arguments.threads);
  const auto allocator = keep_freed_memory();
  auto environment = this_environment();
  environment.allocator = allocator;
  environment.tf32 = planned.parsed.study.tf32;

  auto store = open_store(arguments, planned, environment);
  SectionPrinter printer(planned, store);
  const auto outcome = [&] {
    Progress progress(planned.plan, store.records(), [&](const Record&) { printer.print_complete(); });
    return run(planned.parsed.study, planned.plan, store, hash(environment), progress, stop_on_interrupt());
  }();
  printer.print_rest();
  write_tables(store.directory(), planned.parsed.study, environment,
               all_tables(planned.parsed.study, planned.plan, store.records()));
  print_outcome(outcome, store.directory());
  if (outcome.interrupted) return interrupted;
  return outcome.failed > 0 ? cells_failed : well;
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *app.add_subcommand("run", "Measure a study and write its records and tables");
  arguments->study.add_to(command, false);
  command.add_option("--out", arguments->out, "Directory of the run; default: runs/STUDY-TIME");
  command.add_option("--resume", arguments->resume, "Go on with an unfinished run in this directory")
      ->excludes("--out");
  command.add_flag("--force", arguments->force, "Resume although study or environment are not the same");
  command
      .add_option("--threads", arguments->threads, "Threads within an operation; default: LibTorch's choice")
      ->check(CLI::Range(1, 4096));
  command.add_flag("--dry-run", arguments->dry_run, "Say what would be measured, as `ablate plan` does");
  command.footer(
      "Example:\n  ablate run configs/notebook.json --device cpu --section channels "
      "--set sections.channels.axes.channels=[32,64]");
  command.callback([arguments, &exit_code] { exit_code = run_study(*arguments); });
}

}  // namespace ablate::cli
