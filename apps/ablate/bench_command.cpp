#include "ablate/blocks/plugin.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/record/store.hpp"
#include "ablate/run/build_cell.hpp"
#include "bench_study.hpp"
#include "commands.hpp"
#include "run_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct BenchArguments {
  BenchRequest request;
  RunArguments run;
  std::string save;
};

std::string default_device() {
  const auto reason = why_not_here("cuda");
  fmt::print(stderr, "device: {}\n",
             reason.empty() ? "cuda" : fmt::format("cpu ({}); --device says otherwise", reason));
  return reason.empty() ? "cuda" : "cpu";
}

int bench(BenchArguments& arguments) {
  auto& request = arguments.request;
  if (request.devices.empty()) request.devices = {default_device()};
  Overrides overrides;
  overrides.plugins = loaded_plugins();
  PlannedStudy planned{
      parse_study_text(bench_study(request, block_specs()), "bench", block_specs(), overrides), {}};
  planned.plan = plan(planned.parsed.study, block_specs());
  if (!arguments.save.empty()) {
    write_atomically(arguments.save, planned.parsed.json);
    fmt::print(stderr, "study: {}\n", arguments.save);
  }
  return run_planned(arguments.run, planned);
}

void add_shapes(CLI::App& command, BenchRequest& request) {
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    return command.add_option(name, values, help)->delimiter(',')->allow_extra_args(false);
  };
  add("--channels", request.channels, "Numbers, or IN:OUT, as 64,96 or 24:48; default: 64");
  add("--resolution", request.resolutions, "Numbers, or HEIGHTxWIDTH, as 64 or 64x48; default: 64");
  add("--batch", request.batches, "Images a call; default: 1");
  add("--device", request.devices, "cpu, cuda, cuda:1; default: cuda where there is one, otherwise cpu");
  add("--forms", request.forms, "train, deploy, folded, fused; default: deploy");
  add("--dtype", request.dtypes, "float32, float64, float16, bfloat16; default: float32");
  command
      .add_option(
          "--option", request.options,
          "OPTION=VALUE of the blocks that have it, as kernel_size=7; several values are an axis; may "
          "be given again")
      ->allow_extra_args(false);
  add("--metrics", request.metrics,
      "What to show, see `ablate list metrics`; default: params,macs,latency.median, and latency.device on "
      "CUDA");
}

void add_protocol(CLI::App& command, BenchRequest& request) {
  command
      .add_option("--protocol", request.protocol,
                  "paired: all blocks take turns until their ratios are known; fixed: so many calls each")
      ->check(CLI::IsMember({"paired", "fixed"}))
      ->capture_default_str();
  command.add_option("--seconds", request.seconds, "paired: at most, for all that takes the same input")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  command.add_option("--precision", request.precision_percent, "paired: percent at which sampling ends")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  command.add_option("--warmup", request.warmup, "fixed: calls thrown away")->capture_default_str();
  command.add_option("--repeat", request.repeat, "fixed: calls timed")->capture_default_str();
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<BenchArguments>();
  auto& command =
      *app.add_subcommand("bench", "Measure blocks against each other without writing a study first");
  command
      .add_option(
          "blocks", arguments->request.blocks,
          "Blocks (`ablate list blocks`), perhaps with options of their own as DWBlock:kernel_size=5, "
          "and files: .pt TorchScript, .pt2 AOTInductor. Such files run code: open only what you "
          "trust. The first is the baseline")
      ->required()
      ->type_name("BLOCK");
  add_shapes(command, arguments->request);
  add_protocol(command, arguments->request);
  command.add_option("--save", arguments->save, "Keep the study in this file, for `ablate run`")
      ->type_name("FILE");
  arguments->run.add_to(command);
  command.footer(
      "Example:\n  ablate bench DWBlock STMBlock --channels 64,96 --forms train,deploy --save study.json");
  command.callback([arguments, &exit_code] { exit_code = bench(*arguments); });
}

}  // namespace ablate::cli
