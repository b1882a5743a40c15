#include "ablate/base/text.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/study/study.hpp"
#include "columns.hpp"
#include "commands.hpp"
#include "list_kernels.hpp"

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

struct ListArguments {
  std::string what;
  KernelQuery kernels;
};

void add_kernel_options(CLI::App& command, KernelQuery& query) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Of the kernels of the form fused");
  };
  add("--shape", query.shape, "B,C,H,W of an input: which kernels take it, and why");
  add("--block", query.blocks, "Only this block; may be given again")->allow_extra_args(false);
  add("--device", query.devices, "Only this device (cpu, cuda, cuda:1); may be given again")
      ->allow_extra_args(false);
  const std::vector<std::string> dtypes(dtype_names.begin(), dtype_names.end());
  add("--dtype", query.dtypes, "Only this dtype; may be given again")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(dtypes));
  add("--kernel-size", query.kernel_size, "Of the depthwise convolution, beside --shape; left out: 7");
  add("--out-channels", query.out_channels, "Beside --shape; left out: as many as C");
}

/// Options of the kernels say nothing of anything else.
void refuse_kernel_options(const CLI::App& command) {
  for (const auto* option : command.get_options())
    if (option->count() > 0 && option->get_name() != "what")
      throw UserError(option->get_name(), "an option of the kernels", "`ablate list kernels`");
}

void list(const ListArguments& arguments, const CLI::App& command) {
  const auto& what = arguments.what;
  if (what != "kernels") refuse_kernel_options(command);
  if (what == "blocks") list_blocks();
  if (what == "metrics") list_metrics();
  if (what == "devices") list_devices();
  if (what == "kernels") list_kernels(arguments.kernels);
  if (what == "forms")
    for (const auto form : form_names) fmt::print("{}\n", form);
  if (what == "dtypes")
    for (const auto dtype : dtype_names) fmt::print("{}\n", dtype);
}

}  // namespace

void add_list(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ListArguments>();
  auto& command =
      *app.add_subcommand("list", "Print the blocks, metrics, forms, dtypes, devices or kernels there are");
  command.add_option("what", arguments->what, "blocks, metrics, forms, dtypes, devices or kernels")
      ->required()
      ->check(CLI::IsMember({"blocks", "metrics", "forms", "dtypes", "devices", "kernels"}));
  add_kernel_options(command, arguments->kernels);
  command.footer("Example:\n  ablate list blocks\n  ablate list kernels --shape 1,64,64,64");
  command.callback([arguments, &command, &exit_code] {
    list(*arguments, command);
    exit_code = well;
  });
}

}  // namespace ablate::cli
