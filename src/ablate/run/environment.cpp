#include "ablate/base/build_info.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/run/run.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <torch/version.h>

#include <chrono>
#include <ctime>
#include <fstream>

namespace ablate {
namespace {

std::string first_line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return {};
}

/// Fewer than the machine has, where a container or taskset narrows the process.
int usable_cores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::string operating_system() {
  utsname names{};
  return uname(&names) == 0 ? fmt::format("{} {}", names.sysname, names.release) : "";
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

Environment this_environment() {
  const auto gpu = gpu_info();
  Environment environment;
  environment.cpu = cpu_model();
  environment.cores = usable_cores();
  environment.threads = at::get_num_threads();
  environment.governor = first_line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  environment.gpu = gpu.name;
  environment.driver = gpu.driver;
  environment.cuda = gpu.cuda;
  environment.cudnn = gpu.cudnn;
  environment.libtorch = TORCH_VERSION;
  environment.compiler = compiler();
  environment.build_type = build_type();
  environment.flags = flags();
  environment.revision = revision();
  environment.os = operating_system();
  environment.deterministic = at::globalContext().deterministicAlgorithms();
  environment.time = utc_now();
  return environment;
}

}  // namespace ablate
