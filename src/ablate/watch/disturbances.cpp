#include "ablate/watch/nvml.hpp"
#include "ablate/watch/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace ablate {
namespace {

/// Housekeeping of an idle system takes a few hundredths of a core; a quarter is somebody at work.
constexpr double others_allowed_cores = 0.25;

/// Above this share of the cores nobody can say that we got all we wanted: used time never exceeds the cores,
/// however many want them, so being short shows as no idle time left.
constexpr double busy_share = 0.9;

/// A hypervisor with room gives a busy guest all but tenths of a percent.
constexpr double steal_allowed = 0.02;

/// Boost clocks step by 15 MHz of about 1,900 and wander a few steps with temperature; more is a slower GPU.
constexpr double clock_fall_allowed = 0.05;

/// A display server or an idle process with a context takes below 1 % of the multiprocessors.
constexpr double others_gpu_allowed = 0.01;

/// These take clocks away for a cause outside of the cell. A power cap is the cell's own appetite, and is
/// only recorded.
constexpr std::array<const char*, 3> disturbing_reasons{sw_thermal_slowdown, hw_thermal_slowdown,
                                                        hw_power_brake};

using Sentences = std::vector<std::string>;

bool has(const GpuReading& reading, const std::string& reason) {
  return std::ranges::find(reading.throttled, reason) != reading.throttled.end();
}

void add_of_cpu(const MachineReading& before, const MachineReading& after, Sentences& sentences) {
  const auto others = after.others_cores.value_or(0);
  if (others > others_allowed_cores && others + after.own_cores.value_or(0) > busy_share * after.cores)
    sentences.push_back(fmt::format("other processes used {:.1f} of {} cores", others, after.cores));
  if (after.steal.value_or(0) > steal_allowed)
    sentences.push_back(fmt::format("steal {:.0f} %", 100 * *after.steal));
  if (before.cpu_throttle_count && after.cpu_throttle_count > before.cpu_throttle_count)
    sentences.emplace_back("thermal throttling");
}

/// Clocks of an idle GPU are low, and say nothing.
bool is_busy(const GpuReading& reading) { return !has(reading, gpu_idle) && reading.utilisation != 0.0; }

void add_clock(const GpuReading& before, const GpuReading& after, Sentences& sentences) {
  if (!before.sm_clock_mhz || !after.sm_clock_mhz || !is_busy(before) || !is_busy(after)) return;
  if (*after.sm_clock_mhz < (1 - clock_fall_allowed) * *before.sm_clock_mhz)
    sentences.push_back(
        fmt::format("clock {:.0f} MHz, was {:.0f} MHz", *after.sm_clock_mhz, *before.sm_clock_mhz));
}

/// Where NVML does not tell whose the load is, another process beside any load counts: it may be its own.
void add_others(const GpuReading& gpu, Sentences& sentences) {
  const auto others = gpu.other_processes.value_or(0);
  const auto load = gpu.others_utilisation ? gpu.others_utilisation : gpu.utilisation;
  if (others > 0 && load.value_or(0) > others_gpu_allowed)
    sentences.push_back(fmt::format("{} other process{} on the GPU", others, others == 1 ? "" : "es"));
}

void add_of_gpu(const GpuReading& before, const GpuReading& after, Sentences& sentences) {
  add_clock(before, after, sentences);
  for (const auto* reason : disturbing_reasons)
    if (has(before, reason) || has(after, reason)) sentences.push_back(fmt::format("throttled: {}", reason));
  add_others(after, sentences);
}

/// "gpu_throttle_sw_power_cap".
std::string name_of(const std::string& reason) {
  auto name = "gpu_throttle_" + reason;
  for (auto& c : name)
    c = std::isalnum(static_cast<unsigned char>(c))
            ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
            : '_';
  return name;
}

}  // namespace

std::vector<std::string> disturbances(const MachineReading& before, const MachineReading& after) {
  Sentences sentences;
  add_of_cpu(before, after, sentences);
  if (after.gpu) add_of_gpu(before.gpu.value_or(GpuReading{}), *after.gpu, sentences);
  return sentences;
}

std::vector<std::pair<std::string, double>> numbers(const MachineReading& reading) {
  std::vector<std::pair<std::string, double>> named;
  const auto add = [&named](const char* name, const auto& value) {
    if (value) named.emplace_back(name, static_cast<double>(*value));
  };
  add("load_1min", reading.load_1min);
  add("runnable", reading.runnable);
  add("since_s", reading.since_s);
  add("steal_share", reading.steal);
  add("own_cores", reading.own_cores);
  add("others_cores", reading.others_cores);
  add("involuntary_switches_per_s", reading.involuntary_per_s);
  add("cpu_mhz", reading.cpu_mhz);
  add("cpu_temperature_c", reading.cpu_temperature_c);
  add("cpu_throttle_count", reading.cpu_throttle_count);
  if (!reading.gpu) return named;
  const auto& gpu = *reading.gpu;
  add("sm_clock_mhz", gpu.sm_clock_mhz);
  add("memory_clock_mhz", gpu.memory_clock_mhz);
  add("gpu_temperature_c", gpu.temperature_c);
  add("gpu_power_w", gpu.power_w);
  add("gpu_utilisation_share", gpu.utilisation);
  add("gpu_others_utilisation_share", gpu.others_utilisation);
  add("gpu_other_processes", gpu.other_processes);
  for (const auto& reason : gpu.throttled) named.emplace_back(name_of(reason), 1.0);
  return named;
}

}  // namespace ablate
