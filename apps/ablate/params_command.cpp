#include "ablate/base/text.hpp"
#include "ablate/check/param_counts.hpp"
#include "ablate/record/store.hpp"
#include "columns.hpp"
#include "commands.hpp"
#include "study_arguments.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct ParamsArguments {
  StudyArguments study;
  std::string check, update;
};

std::string number(const std::optional<std::int64_t>& value) {
  return value ? with_thousands(*value) : "none";
}

std::string difference(const Drift& drift) {
  if (!drift.expected || !drift.found) return "";
  return fmt::format("{}{}", *drift.found > *drift.expected ? "+" : "",
                     with_thousands(*drift.found - *drift.expected));
}

int check(const std::vector<ParamCount>& found, const std::string& file) {
  const auto drifts = drift(read_param_counts(file), found);
  if (drifts.empty()) {
    fmt::print("{} counts are as in {}\n", found.size(), file);
    return well;
  }
  std::vector<std::vector<std::string>> rows{
      {"block", "form", "expected", "found", "difference", "options", "tensors"}};
  for (const auto& drift : drifts)
    rows.push_back({drift.block, std::string(name(drift.form)), number(drift.expected), number(drift.found),
                    difference(drift), drift.options, drift.tensors});
  fmt::print("{}", in_columns(rows));
  fmt::print("{} counts are not as in {}; if they are meant to be, run again with --update\n", drifts.size(),
             file);
  return check_failed;
}

void print_counts(const std::vector<ParamCount>& counts) {
  std::vector<std::vector<std::string>> rows{{"block", "form", "params", "buffers", "options"}};
  for (const auto& count : counts) {
    rows.push_back({count.block, std::string(name(count.form)), with_thousands(count.params),
                    with_thousands(count.buffers), text_of(count.options)});
  }
  fmt::print("{}", in_columns(rows));
}

int run_params(const ParamsArguments& arguments) {
  const auto counts = param_counts(read_and_plan(arguments.study).plan);
  if (!arguments.check.empty()) return check(counts, arguments.check);
  if (arguments.update.empty()) {
    print_counts(counts);
    return well;
  }
  write_atomically(arguments.update, to_json(counts));
  fmt::print("{} counts written to {}\n", counts.size(), arguments.update);
  return well;
}

}  // namespace

void add_params(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ParamsArguments>();
  auto& command = *app.add_subcommand("params", "Count the parameters of a study's blocks; gate them in CI");
  arguments->study.add_to(command, true);
  command.add_option("--check", arguments->check, "Exit with 1 if a count is not as in this file");
  command.add_option("--update", arguments->update, "Write the counts to this file")->excludes("--check");
  command.footer("Example:\n  ablate params configs/params.json --check configs/param_counts.json");
  command.callback([arguments, &exit_code] { exit_code = run_params(*arguments); });
}

}  // namespace ablate::cli
