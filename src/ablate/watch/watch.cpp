#include "ablate/watch/watch.hpp"

#include "ablate/watch/host.hpp"
#include "ablate/watch/nvml.hpp"

#include <chrono>

namespace ablate {
namespace {

/// NVML samples a process's utilisation once a second or more often; a shorter look back may meet no sample.
constexpr unsigned long long look_back_us = 1'000'000;

unsigned long long now_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<unsigned long long>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
}

std::optional<NvmlDevice> device_at(const std::string& pci_bus_id, const std::string& library) {
  if (pci_bus_id.empty()) return std::nullopt;
  const auto api = load_nvml(library);
  return api ? NvmlDevice::open(*api, pci_bus_id) : std::nullopt;
}

}  // namespace

struct Watch::State {
  Host host;
  OwnProcess own;
  std::optional<NvmlDevice> gpu;
  std::optional<HostCounters> before;  ///< what differences are taken from
  unsigned long long before_us = now_us();
};

Watch::Watch(const std::string& pci_bus_id, Roots roots)
    : state_(std::make_unique<State>(
          State{Host(roots), own_process(roots.proc), device_at(pci_bus_id, roots.nvml), {}})) {}

Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

MachineReading Watch::read() {
  MachineReading reading;
  state_->host.set_state(reading);
  if (state_->gpu) reading.gpu = state_->gpu->read(state_->own, state_->before_us - look_back_us);
  const auto now = state_->host.counters();
  if (!state_->before || set_differences(*state_->before, now, reading)) {
    state_->before = now;
    state_->before_us = now_us();
  }
  return reading;
}

}  // namespace ablate
