#pragma once

#include "ablate/watch/watch.hpp"

#include <string>
#include <vector>

namespace ablate {

/// The few functions of NVML that the watch calls, found at run time, so that the program needs no driver to
/// start. Numbers and layouts are those of nvml.h (the same from driver 515 to CUDA 13); each function gives
/// 0 where it went well. Null: this NVML does not have it.
struct NvmlApi {
  using Device = void*;
  /// Also nvmlProcessInfo_v2_t, which is what both versions of the function fill in.
  struct Process {
    unsigned pid = 0;
    unsigned long long memory = 0;
    unsigned gpu_instance = 0, compute_instance = 0;
  };
  struct ProcessUtilisation {
    unsigned pid = 0;
    unsigned long long time_us = 0;                         ///< since 1970
    unsigned sm = 0, memory = 0, encoder = 0, decoder = 0;  ///< percent
  };
  struct Utilisation {
    unsigned gpu = 0, memory = 0;  ///< percent
  };

  int (*init)() = nullptr;
  int (*handle_by_bus_id)(const char*, Device*) = nullptr;
  int (*clock)(Device, int, unsigned*) = nullptr;
  int (*temperature)(Device, int, unsigned*) = nullptr;
  int (*power)(Device, unsigned*) = nullptr;  ///< milliwatts
  int (*event_reasons)(Device, unsigned long long*) = nullptr;
  int (*processes)(Device, unsigned*, Process*) = nullptr;
  int (*process_utilisation)(Device, ProcessUtilisation*, unsigned*, unsigned long long) = nullptr;
  int (*utilisation)(Device, Utilisation*) = nullptr;
};

/// Nothing where there is no such library, or it lacks what it takes to find a device. The library stays
/// loaded.
std::optional<NvmlApi> load_nvml(const std::string& library);

/// How a process finds itself among those on a GPU.
struct OwnProcess {
  unsigned pid = 0;
  /// Whether NVML's numbers are those that we know processes by. In a container they may be the host's: then
  /// one process among them is taken to be this one.
  bool numbers_are_ours = true;
};
OwnProcess own_process(const std::string& proc);

/// One GPU.
class NvmlDevice {
 public:
  /// Nothing where NVML does not know the device.
  static std::optional<NvmlDevice> open(const NvmlApi& api, const std::string& pci_bus_id);

  /// `others_utilisation` is of the samples since `since_us` (1970, µs).
  GpuReading read(const OwnProcess& own, unsigned long long since_us) const;

 private:
  NvmlDevice(const NvmlApi& api, NvmlApi::Device device) : api_(api), device_(device) {}

  NvmlApi api_;
  NvmlApi::Device device_ = nullptr;
};

/// "SW power cap"…: the names of the bits, lowest first; a bit without a name is "reason 0x200".
std::vector<std::string> throttle_names(unsigned long long reasons);

/// How these reasons are called; `disturbances` asks for them.
inline constexpr const char* gpu_idle = "GPU idle";
inline constexpr const char* sw_thermal_slowdown = "SW thermal slowdown";
inline constexpr const char* hw_thermal_slowdown = "HW thermal slowdown";
inline constexpr const char* hw_power_brake = "HW power brake";

}  // namespace ablate
