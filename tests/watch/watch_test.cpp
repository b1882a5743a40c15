#include "ablate/watch/watch.hpp"

#include "ablate/watch/host.hpp"
#include "catch.hpp"
#include "record/examples.hpp"
#include "watch/near.hpp"

#include <algorithm>
#include <ctime>

using namespace ablate;
namespace fs = std::filesystem;

namespace {

Steady::time_point now;  ///< on the made-up machine's clock

void wait(double seconds) {
  now += std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
}

/// /proc and /sys of a machine with two cores at 3 and 1 GHz.
struct Machine {
  Machine() {
    put("proc/loadavg", "1.50 0.16 0.85 3/94 3523\n");
    put("proc/stat",
        "cpu  300 0 0 700 0 0 0 0 0 0\ncpu0 100 0 0 400 0 0 0 0 0 0\n"
        "cpu1 200 0 0 300 0 0 0 0 0 0\nintr 1 2 3\n");
    for (const std::string core : {"cpu0", "cpu1"}) {
      put("sys/devices/system/cpu/" + core + "/cpufreq/scaling_cur_freq",
          core == "cpu0" ? "3000000\n" : "1000000\n");
      put("sys/devices/system/cpu/" + core + "/thermal_throttle/core_throttle_count", "21\n");
    }
    put("sys/class/thermal/thermal_zone0/temp", "41000\n");
    put("sys/class/thermal/thermal_zone1/temp", "56500\n");
    put("sys/class/thermal/cooling_device0/temp", "99000\n");
  }

  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((directory / name).parent_path());
    examples::write(directory / name, text);
  }
  Roots roots() const {
    return {directory / "proc", directory / "sys", "libno-such-library.so", {0, 1}, [] { return now; }};
  }

  examples::TemporaryDirectory directory;
};

bool names(const MachineReading& reading, const std::string& name) {
  const auto all = numbers(reading);
  return std::ranges::any_of(all, [&](const auto& each) { return each.first == name; });
}

}  // namespace

TEST_CASE("a reading tells what the files of the machine say", "[watch]") {
  const Machine machine;
  const auto reading = Watch("", machine.roots()).read();
  CHECK(reading.cores == 2);
  CHECK(reading.load_1min == 1.5);
  CHECK(reading.runnable == 3);
  CHECK(reading.cpu_mhz == 2000.0);
  CHECK(reading.cpu_temperature_c == 56.5);
  CHECK(reading.cpu_throttle_count == 42);
  CHECK_FALSE(reading.gpu.has_value());
}

TEST_CASE("without frequency files /proc/cpuinfo tells how fast the cores run", "[watch]") {
  const Machine machine;
  fs::remove_all(machine.directory / "sys");
  machine.put("proc/cpuinfo",
              "processor\t: 0\ncpu MHz\t\t: 2100.000\n\nprocessor\t: 1\ncpu MHz\t\t: 2300.5\n");
  const auto reading = Watch("", machine.roots()).read();
  REQUIRE(reading.cpu_mhz.has_value());
  CHECK(is_near(*reading.cpu_mhz, 2200.25));
  CHECK_FALSE(reading.cpu_temperature_c.has_value());
  CHECK_FALSE(reading.cpu_throttle_count.has_value());
}

TEST_CASE("what cannot be read is absent and disturbs nothing", "[watch]") {
  const examples::TemporaryDirectory nothing;
  Watch watch("0000:00:06.0",
              {nothing / "proc", nothing / "sys", "libno-such-library.so", {}, [] { return now; }});
  const auto first = watch.read();
  wait(1);
  const auto second = watch.read();
  CHECK_FALSE(second.load_1min.has_value());
  CHECK_FALSE(second.cpu_mhz.has_value());
  CHECK_FALSE(second.steal.has_value());
  CHECK_FALSE(second.others_cores.has_value());
  CHECK_FALSE(second.gpu.has_value());
  CHECK(second.own_cores.has_value());
  CHECK(disturbances(first, second).empty());
}

TEST_CASE("a first reading has no differences, the next one those since then", "[watch]") {
  const Machine machine;
  Watch watch("", machine.roots());
  CHECK_FALSE(watch.read().since_s.has_value());
  wait(600);
  // One core's worth of others for ten minutes, of which this process cannot have been the cause.
  machine.put("proc/stat",
              "cpu  1 0 0 1\ncpu0 60100 0 0 500 0 0 0 100\ncpu1 200 0 0 60200 0 0 0 0\nintr 1\n");
  const auto reading = watch.read();
  REQUIRE(reading.since_s.has_value());
  CHECK(is_near(*reading.since_s, 600));
  CHECK(*reading.others_cores > 0.9);
  CHECK(*reading.others_cores <= 1);
  CHECK(is_near(*reading.steal, 100.0 / (60000 + 100 + 100 + 59900)));
}

TEST_CASE("readings too close together keep their differences for the next one", "[watch]") {
  const Machine machine;
  Watch watch("", machine.roots());
  watch.read();
  machine.put("proc/stat", "cpu  1 0 0 1\ncpu0 100 0 0 400 0 0 0 100\ncpu1 200 0 0 300\n");
  wait(0.9 * shortest_interval_s);
  CHECK_FALSE(watch.read().steal.has_value());
  wait(0.2 * shortest_interval_s);
  CHECK(watch.read().steal == 1.0);
}

TEST_CASE("cores that this process may not use are left out", "[watch]") {
  const Machine machine;
  auto roots = machine.roots();
  roots.cores = {1};
  const auto counters = Host(roots).counters();
  CHECK(counters.busy_s == 2.0);
  CHECK(counters.total_s == 5.0);
}

TEST_CASE("others used what was used besides this process, and never less than nothing", "[watch]") {
  const HostCounters before{10, 4, 100, 20.0, 1.0, 100.0};
  const HostCounters after{12, 5, 110, 24.0, 1.4, 104.0};
  MachineReading reading;
  REQUIRE(set_differences(before, after, reading));
  CHECK(reading.since_s == 2.0);
  CHECK(reading.own_cores == 0.5);
  CHECK(reading.others_cores == 1.5);
  CHECK(reading.involuntary_per_s == 5.0);
  CHECK(is_near(*reading.steal, 0.1));
  auto alone = after;
  alone.busy_s = 20.5;  // ticks lag behind the process's own clock
  REQUIRE(set_differences(before, alone, reading));
  CHECK(reading.others_cores == 0.0);
}

TEST_CASE("this machine's own files are understood", "[watch]") {
  Watch watch;
  watch.read();
  // Of this process's own time: on a busy machine it takes the longer to get.
  constexpr double worked_s = 0.3;
  const auto end = std::clock() + static_cast<std::clock_t>(worked_s * CLOCKS_PER_SEC);
  while (std::clock() < end) {
  }
  const auto reading = watch.read();
  CHECK(reading.cores > 0);
  CHECK(names(reading, "load_1min"));
  CHECK(names(reading, "others_cores"));
  REQUIRE(reading.own_cores.has_value());
  CHECK(*reading.own_cores * *reading.since_s > 0.9 * worked_s);
  CHECK(*reading.own_cores < 1.5);
}
