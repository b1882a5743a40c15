#include "ablate/watch/host.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <sstream>

namespace ablate {
namespace {

namespace fs = std::filesystem;

/// A machine with hundreds of cores must not make a reading slow; so many tell how fast they run.
constexpr std::size_t most_frequencies = 16;

/// Room for /proc/stat's lines of 800 cores, and for the first cores of /proc/cpuinfo, each of which costs
/// the kernel an interrupt on that core.
constexpr std::size_t most_bytes = 64 * 1024, cpuinfo_bytes = 16 * 1024;

/// The file's first `most` bytes; empty where it cannot be read. Plain system calls: a stream costs more than
/// the kernel takes to answer.
std::string text_of(const fs::path& file, std::size_t most = most_bytes) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const auto got = ::read(descriptor, text.data() + length, most - length);
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  ::close(descriptor);
  text.resize(length);
  return text;
}

std::optional<double> number_in(const fs::path& file) {
  const auto text = text_of(file, 64);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::vector<int> usable_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &set)) cores.push_back(core);
  return cores;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// Adds one core's line of /proc/stat, behind its name. Guest time is part of user time already.
void add_core(std::istringstream& line, HostCounters& counters) {
  const auto tick_s = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  enum { user, nice, system, idle, iowait, irq, softirq, steal, fields };
  std::array<double, fields> ticks{};
  for (auto& count : ticks) line >> count;
  const auto busy = ticks[user] + ticks[nice] + ticks[system] + ticks[irq] + ticks[softirq];
  const auto add = [tick_s](std::optional<double>& sum, double more) {
    sum = sum.value_or(0) + more * tick_s;
  };
  add(counters.busy_s, busy);
  add(counters.steal_s, ticks[steal]);
  add(counters.total_s, std::accumulate(ticks.begin(), ticks.end(), 0.0));
}

std::vector<fs::path> existing(const std::vector<fs::path>& files) {
  std::vector<fs::path> found;
  for (const auto& file : files)
    if (::access(file.c_str(), R_OK) == 0) found.push_back(file);
  return found;
}

std::vector<fs::path> of_cores(const fs::path& sys, const std::vector<int>& cores, const char* file) {
  std::vector<fs::path> files;
  for (const auto core : cores)
    files.push_back(sys / "devices/system/cpu" / ("cpu" + std::to_string(core)) / file);
  return existing(files);
}

std::vector<fs::path> thermal_zones(const fs::path& sys) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(sys / "class/thermal", none))
    if (entry.path().filename().string().starts_with("thermal_zone")) files.push_back(entry.path() / "temp");
  return existing(files);
}

std::optional<double> mean(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> numbers_in(const std::vector<fs::path>& files) {
  std::vector<double> numbers;
  for (const auto& file : files)
    if (const auto number = number_in(file)) numbers.push_back(*number);
  return numbers;
}

}  // namespace

Host::Host(const Roots& roots)
    : now_(roots.now), proc_(roots.proc), cores_(roots.cores.empty() ? usable_cores() : roots.cores) {
  const fs::path sys = roots.sys;
  frequencies_ = of_cores(sys, cores_, "cpufreq/scaling_cur_freq");
  if (frequencies_.size() > most_frequencies) frequencies_.resize(most_frequencies);
  throttle_counts_ = of_cores(sys, cores_, "thermal_throttle/core_throttle_count");
  temperatures_ = thermal_zones(sys);
}

HostCounters Host::counters() const {
  HostCounters counters;
  counters.at_s = seconds_between({}, now_());
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    counters.own_cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    counters.own_involuntary = static_cast<double>(usage.ru_nivcsw);
  }
  std::istringstream stat(text_of(proc_ / "stat"));
  for (std::string line; std::getline(stat, line) && line.starts_with("cpu");) {
    std::istringstream words(line.substr(3));
    int core = -1;
    // The first line is the sum over all cores, and has no number.
    if (line.size() > 3 && line[3] != ' ' && words >> core && std::ranges::find(cores_, core) != cores_.end())
      add_core(words, counters);
  }
  return counters;
}

std::optional<double> Host::mean_mhz() const {
  if (const auto khz = mean(numbers_in(frequencies_))) return *khz / 1e3;
  std::vector<double> mhz;
  std::istringstream cpuinfo(text_of(proc_ / "cpuinfo", cpuinfo_bytes));
  for (std::string line; std::getline(cpuinfo, line);)
    if (const auto colon = line.find(": "); line.starts_with("cpu MHz") && colon != std::string::npos)
      mhz.push_back(std::strtod(line.c_str() + colon + 2, nullptr));
  return mean(mhz);
}

void Host::set_state(MachineReading& reading) const {
  reading.cores = static_cast<int>(cores_.size());
  std::istringstream loadavg(text_of(proc_ / "loadavg"));
  double load = 0, five = 0, fifteen = 0;
  if (loadavg >> load) reading.load_1min = load;
  if (int runnable = 0; loadavg >> five >> fifteen >> runnable) reading.runnable = runnable;
  reading.cpu_mhz = mean_mhz();
  const auto temperatures = numbers_in(temperatures_);
  if (!temperatures.empty()) reading.cpu_temperature_c = std::ranges::max(temperatures) / 1e3;
  const auto counts = numbers_in(throttle_counts_);
  if (!counts.empty())
    reading.cpu_throttle_count =
        static_cast<std::int64_t>(std::accumulate(counts.begin(), counts.end(), 0.0));
}

bool set_differences(const HostCounters& before, const HostCounters& now, MachineReading& reading) {
  const auto elapsed = now.at_s - before.at_s;
  if (elapsed < shortest_interval_s) return false;
  reading.since_s = elapsed;
  const auto own = now.own_cpu_s - before.own_cpu_s;
  reading.own_cores = own / elapsed;
  reading.involuntary_per_s = (now.own_involuntary - before.own_involuntary) / elapsed;
  if (now.busy_s && before.busy_s)
    reading.others_cores = std::max(0.0, (*now.busy_s - *before.busy_s - own) / elapsed);
  if (now.total_s && before.total_s && *now.total_s > *before.total_s)
    reading.steal = std::max(0.0, (*now.steal_s - *before.steal_s) / (*now.total_s - *before.total_s));
  return true;
}

}  // namespace ablate
