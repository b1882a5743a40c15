#include "ablate/check/check.hpp"
#include "ablate/run/build_cell.hpp"
#include "columns.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> files;
  std::string device = "cpu";
  double tolerance = 1e-5;
};

using Rows = std::vector<std::vector<std::string>>;

std::string verdict(const Difference& difference) {
  if (!difference.note.empty()) return difference.note;
  return difference.within ? "ok" : "outside";
}

/// Prints the rows, and how many of them are outside.
int conclude(const Rows& rows, std::size_t outside) {
  fmt::print("{}", in_columns(rows));
  fmt::print("{} compared, {} outside\n", rows.size() - 1, outside);
  return outside == 0 ? well : check_failed;
}

/// All files are read before anything is printed of one: a file that cannot be read is not half a result.
int verify_files(const VerifyArguments& arguments, torch::Device device) {
  Rows rows{{"file", "tensor", "max abs", "max rel", ""}};
  std::size_t outside = 0;
  for (const auto& file : arguments.files)
    for (const auto& difference : verify_golden(file, device, arguments.tolerance)) {
      outside += difference.within ? 0 : 1;
      rows.push_back({std::filesystem::path(file).filename().string(), difference.tensor,
                      fmt::format("{:.1e}", difference.absolute), fmt::format("{:.1e}", difference.relative),
                      verdict(difference)});
    }
  return conclude(rows, outside);
}

int verify_forms(torch::Device device) {
  Rows rows{{"block", "form", "dtype", "max abs", "max rel", "", "options"}};
  std::size_t outside = 0;
  for (const auto& check : check_forms(device)) {
    outside += check.difference.within ? 0 : 1;
    rows.push_back({check.block, std::string(name(check.form)), std::string(name(check.dtype)),
                    fmt::format("{:.1e}", check.difference.absolute),
                    fmt::format("{:.1e}", check.difference.relative), verdict(check.difference),
                    check.options});
  }
  return conclude(rows, outside);
}

int verify(const VerifyArguments& arguments) {
  if (arguments.device != "cpu" && arguments.device != "cuda")
    throw UserError("--device", arguments.device, "cpu, cuda");
  if (const auto reason = why_not_here(arguments.device); !reason.empty())
    throw UserError("--device", fmt::format("{}: {}", arguments.device, reason), "a device that is here");
  const torch::Device device(arguments.device);
  return arguments.files.empty() ? verify_forms(device) : verify_files(arguments, device);
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<VerifyArguments>();
  auto& command = *app.add_subcommand(
      "verify", "Hold blocks against golden tensors; without files, every form of every block against train");
  command.add_option("golden", arguments->files,
                     "safetensors files: block and options, weights, input, outputs");
  command.add_option("--device", arguments->device, "cpu or cuda")->capture_default_str();
  command
      .add_option("--tolerance", arguments->tolerance,
                  "Largest error of a golden tensor, relative to its largest element")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.footer("Example:\n  ablate verify tests/golden/*.safetensors");
  command.callback([arguments, &exit_code] { exit_code = verify(*arguments); });
}

}  // namespace ablate::cli
