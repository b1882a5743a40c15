#pragma once

#include "ablate/base/steady.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The room that watches what else goes on while a cell is measured: other processes, clocks, heat. It reads
/// /proc, /sys and NVML, and knows nothing of cells. What cannot be read here is absent, and disturbs
/// nothing.

namespace ablate {

struct GpuReading {
  std::optional<double> sm_clock_mhz, memory_clock_mhz;
  std::optional<double> temperature_c, power_w;
  std::optional<double> utilisation;         ///< share of the last sampling period with any kernel, ours too
  std::optional<int> other_processes;        ///< that hold a context for computing
  std::optional<double> others_utilisation;  ///< share of the multiprocessors' time that these took; only
                                             ///< where there are some
  std::vector<std::string> throttled;        ///< why clocks are not as high as possible: "SW power cap"
};

/// The state of the machine at one time, and what happened since the reading before. CPU times are those of
/// the cores that this process may use.
struct MachineReading {
  std::optional<double> load_1min;
  std::optional<int> runnable;  ///< threads that run or could, ours too

  std::optional<double> since_s;            ///< that the differences below are of; none in a first reading
  std::optional<double> steal;              ///< share of the time that the hypervisor gave to others
  std::optional<double> own_cores;          ///< this process's CPU time over the time
  std::optional<double> others_cores;       ///< the same of all other processes
  std::optional<double> involuntary_per_s;  ///< context switches that took a core from this process
  int cores = 0;                            ///< that this process may use

  std::optional<double> cpu_mhz;                   ///< mean over some of the cores
  std::optional<double> cpu_temperature_c;         ///< of the hottest zone
  std::optional<std::int64_t> cpu_throttle_count;  ///< thermal, all cores, since the machine began

  std::optional<GpuReading> gpu;
};

/// Where the watch looks, and the clock it goes by.
struct Roots {
  std::string proc = "/proc", sys = "/sys";
  std::string nvml = "libnvidia-ml.so.1";
  std::vector<int> cores;  ///< numbers of those to watch; empty: those that this process may use
  Steady::time_point (*now)() = Steady::now;
};

/// Differences over a shorter time say nothing, since the kernel counts CPU time in ticks of 10 ms.
inline constexpr double shortest_interval_s = 0.2;

/// Reads the state of the machine; a reading costs well below a millisecond on the CPU's side.
class Watch {
 public:
  /// `pci_bus_id` ("0000:00:06.0") names the GPU to watch; empty: none. A GPU that NVML does not know, or no
  /// NVML, leaves `MachineReading::gpu` absent.
  explicit Watch(const std::string& pci_bus_id = {}, Roots roots = {});
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  ~Watch();

  /// Differences are those since the last reading; absent where that was less than `shortest_interval_s` ago,
  /// and then the next reading's go back to where these would have.
  MachineReading read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What disturbed a measurement between two readings, a sentence each: "steal 4 %", "clock 1350 MHz, was
/// 1980 MHz". Empty: nothing that can be seen. Clocks are compared only where the GPU was busy both times, so
/// take `before` when the load is on.
std::vector<std::string> disturbances(const MachineReading& before, const MachineReading& after);

/// Everything that was readable, under names with their unit ("sm_clock_mhz"), for records. A reason for
/// throttling is a name of its own with the value 1 ("gpu_throttle_sw_power_cap").
std::vector<std::pair<std::string, double>> numbers(const MachineReading& reading);

}  // namespace ablate
