#include "ablate/watch/nvml.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace ablate {
namespace {

constexpr int sm_clock = 1, memory_clock = 2;  // nvmlClockType_t
constexpr int gpu_die = 0;                     // nvmlTemperatureSensors_t
constexpr int insufficient_size = 7, not_found = 6;

/// nvmlClocksEventReason…, once called nvmlClocksThrottleReason…: the bits did not change with the names.
constexpr std::array<const char*, 9> reason_names{
    gpu_idle,        "application clocks", "SW power cap",      "HW slowdown",
    "sync boost",    sw_thermal_slowdown,  hw_thermal_slowdown, hw_power_brake,
    "display clocks"};

template <typename Function>
void find(void* library, Function& function, std::initializer_list<const char*> names) {
  for (const auto* name : names)
    if (!function) function = reinterpret_cast<Function>(::dlsym(library, name));
}

/// What a function gives for the device; nothing where there is no such function, or it fails.
template <typename Value, typename Function, typename... Arguments>
std::optional<Value> ask(Function function, Arguments... arguments) {
  Value value{};
  if (!function || function(arguments..., &value) != 0) return std::nullopt;
  return value;
}

std::optional<double> scaled(const std::optional<unsigned>& value, double factor) {
  return value ? std::optional(factor * *value) : std::nullopt;
}

/// Twice at most: the number of processes may grow between the question how many and the question which.
std::optional<std::vector<unsigned>> pids_on(const NvmlApi& api, NvmlApi::Device device) {
  if (!api.processes) return std::nullopt;
  std::vector<NvmlApi::Process> processes(32);
  for (int tries = 0; tries < 2; ++tries) {
    auto count = static_cast<unsigned>(processes.size());
    const auto result = api.processes(device, &count, processes.data());
    if (result == 0) {
      std::vector<unsigned> pids;
      for (unsigned i = 0; i < count; ++i) pids.push_back(processes[i].pid);
      return pids;
    }
    if (result != insufficient_size) return std::nullopt;
    processes.resize(count + 32);
  }
  return std::nullopt;
}

int others_among(const std::vector<unsigned>& pids, const OwnProcess& own) {
  const auto others = std::ranges::count_if(pids, [&](unsigned pid) { return pid != own.pid; });
  const bool among_them = static_cast<std::size_t>(others) < pids.size();
  const bool one_is_ours = !among_them && !own.numbers_are_ours && others > 0;
  return static_cast<int>(others - (one_is_ours ? 1 : 0));
}

/// The mean over each process's samples, summed over processes that are not ours; where we cannot tell, the
/// busiest is taken to be this one.
std::optional<double> utilisation_of_others(const NvmlApi& api, NvmlApi::Device device, const OwnProcess& own,
                                            unsigned long long since_us) {
  if (!api.process_utilisation) return std::nullopt;
  std::vector<NvmlApi::ProcessUtilisation> samples(1024);
  auto count = static_cast<unsigned>(samples.size());
  const auto result = api.process_utilisation(device, samples.data(), &count, since_us);
  if (result == not_found) return 0.0;
  if (result != 0) return std::nullopt;
  std::map<unsigned, std::pair<double, int>> by_pid;
  for (unsigned i = 0; i < count; ++i)
    if (samples[i].time_us > since_us) {
      by_pid[samples[i].pid].first += 0.01 * samples[i].sm;
      ++by_pid[samples[i].pid].second;
    }
  double sum = 0, most = 0;
  const bool known = own.numbers_are_ours || by_pid.contains(own.pid);
  for (const auto& [pid, samples_of] : by_pid) {
    const auto mean = samples_of.first / samples_of.second;
    if (pid != own.pid) sum += mean;
    most = std::max(most, mean);
  }
  return known ? sum : sum - most;
}

}  // namespace

std::optional<NvmlApi> load_nvml(const std::string& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return std::nullopt;
  NvmlApi api;
  find(handle, api.init, {"nvmlInit_v2"});
  find(handle, api.handle_by_bus_id, {"nvmlDeviceGetHandleByPciBusId_v2"});
  find(handle, api.clock, {"nvmlDeviceGetClockInfo"});
  find(handle, api.temperature, {"nvmlDeviceGetTemperature"});
  find(handle, api.power, {"nvmlDeviceGetPowerUsage"});
  find(handle, api.event_reasons,
       {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"});
  find(handle, api.processes,
       {"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"});
  find(handle, api.process_utilisation, {"nvmlDeviceGetProcessUtilization"});
  find(handle, api.utilisation, {"nvmlDeviceGetUtilizationRates"});
  return api.init && api.handle_by_bus_id ? std::optional(api) : std::nullopt;
}

OwnProcess own_process(const std::string& proc) {
  // The number that the kernel gives to the namespace that it begins with.
  constexpr auto initial = "pid:[4026531836]";
  std::error_code none;
  const auto space = std::filesystem::read_symlink(std::filesystem::path(proc) / "self/ns/pid", none);
  return {static_cast<unsigned>(::getpid()), space == initial};
}

std::optional<NvmlDevice> NvmlDevice::open(const NvmlApi& api, const std::string& pci_bus_id) {
  NvmlApi::Device device = nullptr;
  if (api.init() != 0 || api.handle_by_bus_id(pci_bus_id.c_str(), &device) != 0) return std::nullopt;
  return NvmlDevice(api, device);
}

GpuReading NvmlDevice::read(const OwnProcess& own, unsigned long long since_us) const {
  GpuReading reading;
  reading.sm_clock_mhz = scaled(ask<unsigned>(api_.clock, device_, sm_clock), 1);
  reading.memory_clock_mhz = scaled(ask<unsigned>(api_.clock, device_, memory_clock), 1);
  reading.temperature_c = scaled(ask<unsigned>(api_.temperature, device_, gpu_die), 1);
  reading.power_w = scaled(ask<unsigned>(api_.power, device_), 1e-3);
  if (const auto use = ask<NvmlApi::Utilisation>(api_.utilisation, device_))
    reading.utilisation = 0.01 * use->gpu;
  if (const auto reasons = ask<unsigned long long>(api_.event_reasons, device_))
    reading.throttled = throttle_names(*reasons);
  if (const auto pids = pids_on(api_, device_)) reading.other_processes = others_among(*pids, own);
  // Takes longer than all the others together, and without others there is nothing to tell.
  if (reading.other_processes.value_or(0) > 0)
    reading.others_utilisation = utilisation_of_others(api_, device_, own, since_us);
  return reading;
}

std::vector<std::string> throttle_names(unsigned long long reasons) {
  std::vector<std::string> names;
  for (std::size_t bit = 0; bit < 64; ++bit)
    if ((reasons >> bit) & 1)
      names.push_back(bit < reason_names.size() ? reason_names[bit]
                                                : fmt::format("reason {:#x}", 1ULL << bit));
  return names;
}

}  // namespace ablate
