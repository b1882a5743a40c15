#include "ablate/watch/nvml.hpp"

#include "catch.hpp"
#include "watch/near.hpp"

#include <cstring>

using namespace ablate;

namespace {

constexpr const char* bus_id = "0000:00:06.0";
constexpr int failure = 3;  // NVML_ERROR_NOT_SUPPORTED

/// An NVML with one GPU: 1980 and 3201 MHz, 37 °C, 80.5 W, half busy, the power cap reached.
NvmlApi made_up() {
  NvmlApi api;
  api.init = [] { return 0; };
  api.handle_by_bus_id = [](const char* id, NvmlApi::Device* device) {
    *device = nullptr;
    return std::strcmp(id, bus_id) == 0 ? 0 : 6;
  };
  api.clock = [](NvmlApi::Device, int type, unsigned* mhz) {
    *mhz = type == 1 ? 1980 : type == 2 ? 3201 : 0;
    return 0;
  };
  api.temperature = [](NvmlApi::Device, int, unsigned* celsius) { return *celsius = 37, 0; };
  api.power = [](NvmlApi::Device, unsigned* milliwatts) { return *milliwatts = 80500, 0; };
  api.event_reasons = [](NvmlApi::Device, unsigned long long* reasons) { return *reasons = 0x24, 0; };
  api.utilisation = [](NvmlApi::Device, NvmlApi::Utilisation* use) { return use->gpu = 50, 0; };
  return api;
}

/// Three processes, one of them with the number 11.
NvmlApi crowded() {
  auto api = made_up();
  api.processes = [](NvmlApi::Device, unsigned* count, NvmlApi::Process* processes) {
    for (unsigned i = 0; i < 3; ++i) processes[i].pid = 10 + i;
    return *count = 3, 0;
  };
  api.process_utilisation = [](NvmlApi::Device, NvmlApi::ProcessUtilisation* samples, unsigned* count,
                               unsigned long long) {
    samples[0] = {10, 200, 20, 0, 0, 0};
    samples[1] = {11, 200, 70, 0, 0, 0};
    samples[2] = {10, 300, 40, 0, 0, 0};
    samples[3] = {12, 50, 90, 0, 0, 0};
    return *count = 4, 0;
  };
  return api;
}

GpuReading read(const NvmlApi& api, const OwnProcess& own = {11, true}, unsigned long long since_us = 100) {
  const auto device = NvmlDevice::open(api, bus_id);
  REQUIRE(device.has_value());
  return device->read(own, since_us);
}

}  // namespace

TEST_CASE("a GPU's numbers come in MHz, degrees, watts and shares", "[watch]") {
  const auto reading = read(made_up());
  CHECK(reading.sm_clock_mhz == 1980.0);
  CHECK(reading.memory_clock_mhz == 3201.0);
  CHECK(reading.temperature_c == 37.0);
  CHECK(reading.power_w == 80.5);
  CHECK(reading.utilisation == 0.5);
  CHECK((reading.throttled == std::vector<std::string>{"SW power cap", "SW thermal slowdown"}));
}

TEST_CASE("what this NVML does not have, or does not give for the device, is absent", "[watch]") {
  auto api = made_up();
  api.power = [](NvmlApi::Device, unsigned*) { return failure; };
  const auto reading = read(api);
  CHECK_FALSE(reading.power_w.has_value());
  CHECK_FALSE(reading.other_processes.has_value());
  CHECK_FALSE(reading.others_utilisation.has_value());
}

TEST_CASE("a GPU that NVML does not know, and a machine without NVML, are no errors", "[watch]") {
  CHECK_FALSE(NvmlDevice::open(made_up(), "0000:00:07.0").has_value());
  CHECK_FALSE(load_nvml("libno-such-library.so").has_value());
  // A library that is there, and is none.
  CHECK_FALSE(load_nvml("libc.so.6").has_value());
}

TEST_CASE("other processes are those with another number", "[watch]") {
  CHECK(read(crowded()).other_processes == 2);
  CHECK(read(crowded(), {99, true}).other_processes == 3);
}

TEST_CASE("where NVML may know processes by other numbers, one of them is ours", "[watch]") {
  CHECK(read(crowded(), {99, false}).other_processes == 2);
  CHECK(read(crowded(), {11, false}).other_processes == 2);
  auto empty = crowded();
  empty.processes = [](NvmlApi::Device, unsigned* count, NvmlApi::Process*) { return *count = 0, 0; };
  CHECK(read(empty, {99, false}).other_processes == 0);
  CHECK_FALSE(read(empty).others_utilisation.has_value());
}

TEST_CASE("a list of processes that outgrew its room is asked for again", "[watch]") {
  auto api = made_up();
  api.processes = [](NvmlApi::Device, unsigned* count, NvmlApi::Process* processes) {
    const bool room = *count >= 40;
    *count = 40;
    if (!room) return 7;
    for (unsigned i = 0; i < 40; ++i) processes[i].pid = 100 + i;
    return 0;
  };
  CHECK(read(api).other_processes == 40);
}

TEST_CASE("the load of others is the mean of each one's new samples, without ours", "[watch]") {
  CHECK(is_near(*read(crowded()).others_utilisation, 0.3));
  // The busiest is taken for ours where its number is not ours to know.
  CHECK(is_near(*read(crowded(), {99, false}).others_utilisation, 0.3));
  auto silent = crowded();
  silent.process_utilisation = [](NvmlApi::Device, NvmlApi::ProcessUtilisation*, unsigned*,
                                  unsigned long long) { return 6; };
  CHECK(read(silent).others_utilisation == 0.0);
}

TEST_CASE("reasons for throttling are named by their bits", "[watch]") {
  CHECK(throttle_names(0).empty());
  CHECK((throttle_names(0x1c0) ==
         std::vector<std::string>{"HW thermal slowdown", "HW power brake", "display clocks"}));
  CHECK((throttle_names(0x201) == std::vector<std::string>{"GPU idle", "reason 0x200"}));
}
