#include "ablate/report/history_page.hpp"
#include "ablate/report/history_table.hpp"
#include "ablate/report/series_cells.hpp"
#include "commands.hpp"
#include "drawings.hpp"
#include "formats.hpp"
#include "run_folders.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace ablate::cli {
namespace {

struct HistoryArguments {
  std::string folder, commits, format = "text";
  DrawingArguments drawings;
  double threshold_percent = 0, same_percent = 1;
  bool check = false;
};

std::vector<Commit> read_commits(const std::string& file) {
  if (file.empty()) return {};
  const auto whole = [](std::istream& stream) {
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  if (file == "-") return parse_commits(whole(std::cin), "standard input");
  std::ifstream stream(file);
  return parse_commits(whole(stream), file);
}

std::vector<Figure> figures_of(const std::vector<History>& histories) {
  std::vector<Figure> all;
  for (const auto& each : histories)
    for (auto& figure : history_figures(each)) all.push_back(std::move(figure));
  return all;
}

int history(const HistoryArguments& arguments) {
  ComparisonRules rules;
  rules.threshold = arguments.threshold_percent / 100;
  rules.same_within = arguments.same_percent / 100;
  const auto histories =
      histories_of(read_runs_below(arguments.folder), read_commits(arguments.commits), rules);
  const auto title = fmt::format("History of {}", arguments.folder);
  write_drawings(
      arguments.drawings.at(std::filesystem::path(arguments.folder) / "history.html"),
      [&] { return history_page(title, histories); }, [&] { return figures_of(histories); });
  const bool for_programs = arguments.format == "json" || arguments.format == "csv";
  std::vector<Table> tables;
  for (const auto& each : histories) {
    for (auto& table : history_tables(each)) tables.push_back(std::move(table));
    if (for_programs) tables.push_back(readings_table(each.series, commit_labels(each), "history"));
  }
  Study study;
  study.id = "history";
  study.title = title;
  print_as(arguments.format, study, histories.back().series.runs().back().environment, tables);
  return arguments.check && exit_code(histories) != 0 ? check_failed : well;
}

}  // namespace

void add_history(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<HistoryArguments>();
  auto& command = *app.add_subcommand("history", "What became of each cell, commit by commit");
  command.add_option("folder", arguments->folder, "Folder of the runs; those of one revision are pooled")
      ->required();
  command
      .add_option("--commits", arguments->commits,
                  "File with the commits to show, oldest first, or - for standard input: lines of a revision "
                  "and its subject, as git log --reverse --format='%h %s' prints them; without it the runs' "
                  "times order them")
      ->check(CLI::ExistingFile | CLI::IsMember({"-"}));
  command.add_flag("--check", arguments->check,
                   "Exit with 1 where the last commit is slower than the one before it, or counts or outputs "
                   "differ");
  command
      .add_option("--threshold", arguments->threshold_percent,
                  "Percent by which a cell may be slower; beyond it, it is a regression")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--same-within", arguments->same_percent, "Percent within which cells count as equal")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_format(command, arguments->format);
  arguments->drawings.add_to(command, "history.html into the folder");
  command.footer(
      "Example:\n  git log --reverse --first-parent --format='%h %s' | ablate history runs/ --commits - "
      "--check");
  command.callback([arguments, &exit_code] { exit_code = history(*arguments); });
}

}  // namespace ablate::cli
