#include "ablate/base/error.hpp"
#include "ablate/measure/allocator.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/run/selfcheck.hpp"
#include "columns.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "study_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct SelfcheckArguments {
  StudyArguments study;
  std::string device = "cpu", kind = "paired", cache = "hot", clock = "device";
  SelfcheckOptions options;
};

bool excludes(double low, double high, double ratio) { return ratio < low || ratio > high; }

template <typename Predicate>
std::string share(const std::vector<Trial>& trials, Predicate holds) {
  const auto count = std::ranges::count_if(trials, holds);
  return fmt::format("{} ({:.1f} %)", count,
                     100.0 * static_cast<double>(count) / static_cast<double>(trials.size()));
}

/// The far end of the widest interval of A against A: what all of these comparisons together could not tell
/// apart.
double floor_of(const std::vector<Trial>& trials) {
  double floor = 0;
  for (const auto& trial : trials)
    if (trial.low > 0 && std::isfinite(trial.high))  // else there were too few samples to say anything
      floor = std::max({floor, std::abs(std::log(trial.low)), std::abs(std::log(trial.high))});
  return floor;
}

double median_width(const std::vector<Trial>& trials) {
  std::vector<double> widths;
  for (const auto& trial : trials) widths.push_back((trial.high - trial.low) / 2);
  std::ranges::nth_element(widths, widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2));
  return widths[widths.size() / 2];
}

void print(const SelfcheckArguments& arguments, const std::vector<Trial>& trials) {
  const auto& options = arguments.options;
  std::vector<std::vector<std::string>> rows{{"", ""}};
  rows.push_back({"protocol", describe(options.protocol)});
  rows.push_back({"comparisons", fmt::format("{}", trials.size())});
  rows.push_back({"true difference", fmt::format("{:g} %", options.delay * 100)});
  rows.push_back({"interval excludes no difference",
                  share(trials, [](const Trial& t) { return excludes(t.low, t.high, 1); })});
  rows.push_back({"the same, means and standard errors",
                  share(trials, [](const Trial& t) { return excludes(t.naive_low, t.naive_high, 1); })});
  rows.push_back({"called slower", share(trials, [](const Trial& t) { return t.low > 1; })});
  rows.push_back({"interval covers the truth",
                  share(trials, [](const Trial& t) { return !excludes(t.low, t.high, t.truth); })});
  rows.push_back({"half the interval, median", fmt::format("{:.2f} %", 100 * median_width(trials))});
  const auto far = [](const Trial& t) { return std::abs(std::log(t.ratio / t.truth)); };
  rows.push_back({"ratio farthest from the truth",
                  fmt::format("{:.2f} %", 100 * far(*std::ranges::max_element(trials, {}, far)))});
  if (options.delay == 0) {
    const auto floor = floor_of(trials);
    rows.push_back({"noise floor of these comparisons", fmt::format("{:.2f} %", 100 * floor)});
    rows.push_back({"called different and beyond it", share(trials, [&](const Trial& t) {
                      return excludes(t.low, t.high, 1) && std::abs(std::log(t.ratio)) > floor;
                    })});
  }
  fmt::print("{}", in_columns(rows));
}

Protocol protocol_of(const SelfcheckArguments& arguments) {
  auto protocol = arguments.options.protocol;
  protocol.name = "selfcheck";
  protocol.kind = arguments.kind == "paired" ? Sampling::paired : Sampling::fixed;
  protocol.cache = arguments.cache == "cold" ? Cache::cold : Cache::hot;
  protocol.clock = *clock_named(arguments.clock);
  return protocol;
}

int selfcheck_study(SelfcheckArguments& arguments) {
  const auto planned = read_and_plan(arguments.study);
  if (const auto reason = why_not_here(arguments.device); !reason.empty())
    throw UserError("--device", fmt::format("{}: {}", arguments.device, reason), "a device that is here");
  arguments.options.protocol = protocol_of(arguments);
  keep_freed_memory();
  const auto trials = selfcheck(
      planned.plan, arguments.device, arguments.options,
      [](const Trial& trial) {
        fmt::print(stderr, "{} {:.4f} ({:.4f} to {:.4f}), truth {:.4f}\n", trial.cell, trial.ratio, trial.low,
                   trial.high, trial.truth);
      },
      stop_on_interrupt());
  if (!trials.empty()) print(arguments, trials);
  return stop_on_interrupt() ? interrupted : well;
}

}  // namespace

void add_selfcheck(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<SelfcheckArguments>();
  arguments->options.protocol.warmup = 20;
  arguments->options.protocol.repeat = 100;
  arguments->options.protocol.budget_s = 2;
  auto& options = arguments->options;
  auto& command = *app.add_subcommand(
      "selfcheck",
      "Compare blocks with themselves, or with themselves and a known delay: what this machine can tell");
  arguments->study.add_to(command, true);
  command.add_option("--on", arguments->device, "Device: cpu, cuda, cuda:1")->capture_default_str();
  command.add_option("--comparisons", options.comparisons, "How many")->capture_default_str();
  command
      .add_option("--delay", options.delay,
                  "Share of the block's latency that the second instance waits longer")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  command.add_option("--kind", arguments->kind, "paired or fixed")
      ->check(CLI::IsMember({"paired", "fixed"}))
      ->capture_default_str();
  command.add_option("--cache", arguments->cache, "hot or cold")
      ->check(CLI::IsMember({"hot", "cold"}))
      ->capture_default_str();
  command.add_option("--clock", arguments->clock, "host, device or graph")
      ->check(CLI::IsMember({"host", "device", "graph"}))
      ->capture_default_str();
  command.add_option("--warmup", options.protocol.warmup, "fixed: calls thrown away")->capture_default_str();
  command.add_option("--repeat", options.protocol.repeat, "fixed: calls timed")->capture_default_str();
  command
      .add_option("--precision", options.protocol.precision, "paired: half the interval that ends sampling")
      ->capture_default_str();
  command.add_option("--seconds", options.protocol.budget_s, "paired: at most, a comparison")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Of the order of turns")->capture_default_str();
  command.footer(
      "Example:\n  ablate selfcheck configs/notebook.json --section channels --delay 0.02 --comparisons 20");
  command.callback([arguments, &exit_code] { exit_code = selfcheck_study(*arguments); });
}

}  // namespace ablate::cli
