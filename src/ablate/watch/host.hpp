#pragma once

#include "ablate/watch/watch.hpp"

#include <filesystem>
#include <vector>

namespace ablate {

/// Counters of the host at one time; only their differences mean something. Absent: not readable.
struct HostCounters {
  double at_s = 0;                ///< on the watch's clock
  double own_cpu_s = 0;           ///< user and system time of this process, all threads
  double own_involuntary = 0;     ///< context switches, all threads
  std::optional<double> busy_s;   ///< CPU time of all processes and the kernel on the watched cores
  std::optional<double> steal_s;  ///< time on them that the hypervisor gave to others
  std::optional<double> total_s;  ///< all time on them, idle or not
};

/// Fills in the fields of `reading` that are differences; none where less than `shortest_interval_s` lies
/// between. Returns whether it did.
bool set_differences(const HostCounters& before, const HostCounters& now, MachineReading& reading);

/// The files of /proc and /sys. Which of them there are is found out once.
class Host {
 public:
  explicit Host(const Roots& roots);

  HostCounters counters() const;
  /// Fills in what is no difference: load, frequency, temperature, throttle count, cores.
  void set_state(MachineReading& reading) const;

 private:
  std::optional<double> mean_mhz() const;

  Steady::time_point (*now_)();
  std::filesystem::path proc_;
  std::vector<int> cores_;
  std::vector<std::filesystem::path> frequencies_, temperatures_, throttle_counts_;
};

}  // namespace ablate
