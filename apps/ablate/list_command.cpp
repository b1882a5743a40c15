#include "ablate/base/text.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/study/study.hpp"
#include "columns.hpp"
#include "commands.hpp"

#include <fmt/format.h>
#include <torch/cuda.h>

#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

std::string forms_of(const BlockSpec& block) {
  std::vector<std::string> names;
  for (const auto form : block.forms) names.emplace_back(name(form));
  return join(names);
}

void list_blocks() {
  for (const auto& block : block_specs()) {
    fmt::print("{} ({}): {}\n", block.name, forms_of(block), block.help);
    std::vector<std::vector<std::string>> rows;
    for (const auto& option : block.options) {
      const auto fallback = follows_channels(option.name) ? "from channels"
                            : option.fallback             ? text_of(*option.fallback)
                                                          : "required";
      rows.push_back({"  " + option.name, fallback, option.allowed(), option.help});
    }
    fmt::print("{}\n", in_columns(rows));
  }
}

void list_metrics() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& metric : metrics()) rows.push_back({metric.name, metric.unit, metric.help});
  fmt::print("{}", in_columns(rows));
}

void list_devices() {
  fmt::print("cpu\n");
  if (const auto reason = why_not_here("cuda"); !reason.empty())
    fmt::print("cuda: {}\n", reason);
  else
    for (c10::DeviceIndex i = 0; i < torch::cuda::device_count(); ++i)
      fmt::print("cuda:{}\n", static_cast<int>(i));
}

}  // namespace

void add_list(CLI::App& app, int& exit_code) {
  const auto what = std::make_shared<std::string>();
  auto& command =
      *app.add_subcommand("list", "Print the blocks, metrics, forms, dtypes or devices there are");
  command.add_option("what", *what, "blocks, metrics, forms, dtypes or devices")
      ->required()
      ->check(CLI::IsMember({"blocks", "metrics", "forms", "dtypes", "devices"}));
  command.footer("Example:\n  ablate list blocks");
  command.callback([what, &exit_code] {
    if (*what == "blocks") list_blocks();
    if (*what == "metrics") list_metrics();
    if (*what == "devices") list_devices();
    if (*what == "forms")
      for (const auto form : form_names) fmt::print("{}\n", form);
    if (*what == "dtypes")
      for (const auto dtype : dtype_names) fmt::print("{}\n", dtype);
    exit_code = well;
  });
}

}  // namespace ablate::cli
