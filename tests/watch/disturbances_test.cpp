#include "ablate/watch/watch.hpp"
#include "catch.hpp"

#include <algorithm>

using namespace ablate;

namespace {

using Sentences = std::vector<std::string>;

/// Two cores, of which this process uses one.
MachineReading quiet() {
  MachineReading reading;
  reading.cores = 2;
  reading.own_cores = 1.0;
  reading.others_cores = 0.03;
  reading.steal = 0.0;
  reading.cpu_throttle_count = 7;
  return reading;
}

MachineReading busy_gpu(double sm_clock_mhz = 1980) {
  auto reading = quiet();
  reading.gpu = GpuReading{};
  reading.gpu->sm_clock_mhz = sm_clock_mhz;
  reading.gpu->utilisation = 0.9;
  reading.gpu->other_processes = 0;
  return reading;
}

MachineReading throttled(const std::string& reason) {
  auto reading = busy_gpu();
  reading.gpu->throttled = {reason};
  return reading;
}

}  // namespace

TEST_CASE("a quiet machine disturbs nothing", "[watch]") {
  CHECK(disturbances(quiet(), quiet()).empty());
  CHECK(disturbances(busy_gpu(), busy_gpu()).empty());
}

TEST_CASE("others disturb where they leave us short of cores", "[watch]") {
  auto reading = quiet();
  reading.others_cores = 0.94;
  CHECK((disturbances(quiet(), reading) == Sentences{"other processes used 0.9 of 2 cores"}));
  reading.cores = 16;  // room enough for both
  CHECK(disturbances(quiet(), reading).empty());
  reading = quiet();
  reading.own_cores = 2.0;
  reading.others_cores = 0.1;  // housekeeping
  CHECK(disturbances(quiet(), reading).empty());
}

TEST_CASE("stolen time disturbs above two percent", "[watch]") {
  auto reading = quiet();
  reading.steal = 0.04;
  CHECK((disturbances(quiet(), reading) == Sentences{"steal 4 %"}));
  reading.steal = 0.019;
  CHECK(disturbances(quiet(), reading).empty());
}

TEST_CASE("thermal throttling of the CPU shows as a count that grew", "[watch]") {
  auto reading = quiet();
  reading.cpu_throttle_count = 8;
  CHECK((disturbances(quiet(), reading) == Sentences{"thermal throttling"}));
}

TEST_CASE("a busy GPU's clock that fell by more than five percent disturbs", "[watch]") {
  CHECK((disturbances(busy_gpu(1980), busy_gpu(1350)) == Sentences{"clock 1350 MHz, was 1980 MHz"}));
  CHECK(disturbances(busy_gpu(1980), busy_gpu(1890)).empty());
  CHECK(disturbances(busy_gpu(1350), busy_gpu(1980)).empty());
}

TEST_CASE("an idle GPU's low clock disturbs nothing", "[watch]") {
  auto idle = busy_gpu(345);
  idle.gpu->utilisation = 0;
  CHECK(disturbances(busy_gpu(), idle).empty());
  idle = busy_gpu(345);
  idle.gpu->throttled = {"GPU idle"};
  CHECK(disturbances(busy_gpu(), idle).empty());
}

TEST_CASE("slowdowns for heat and the power brake disturb, a power cap does not", "[watch]") {
  for (const std::string reason : {"SW thermal slowdown", "HW thermal slowdown", "HW power brake"}) {
    CHECK((disturbances(busy_gpu(), throttled(reason)) == Sentences{"throttled: " + reason}));
    CHECK((disturbances(throttled(reason), busy_gpu()) == Sentences{"throttled: " + reason}));
  }
  for (const std::string reason : {"SW power cap", "GPU idle", "application clocks", "HW slowdown"})
    CHECK(disturbances(throttled(reason), throttled(reason)).empty());
}

TEST_CASE("other processes on the GPU disturb where they work", "[watch]") {
  auto reading = busy_gpu();
  reading.gpu->other_processes = 2;
  reading.gpu->others_utilisation = 0.3;
  CHECK((disturbances(busy_gpu(), reading) == Sentences{"2 other processes on the GPU"}));
  reading.gpu->others_utilisation = 0.0;  // they hold a context and wait
  CHECK(disturbances(busy_gpu(), reading).empty());
  reading.gpu->other_processes = 1;
  reading.gpu->others_utilisation.reset();  // whose the load is cannot be told
  CHECK((disturbances(busy_gpu(), reading) == Sentences{"1 other process on the GPU"}));
  reading.gpu->utilisation = 0;
  CHECK(disturbances(busy_gpu(), reading).empty());
}

TEST_CASE("all that disturbs is named", "[watch]") {
  auto reading = busy_gpu(1000);
  reading.steal = 0.1;
  reading.gpu->throttled = {"HW thermal slowdown"};
  CHECK(disturbances(busy_gpu(), reading).size() == 3);
}

TEST_CASE("a reading's numbers have their unit in the name, and absent ones are left out", "[watch]") {
  CHECK(numbers(MachineReading{}).empty());
  auto reading = throttled("SW power cap");
  reading.load_1min = 0.5;
  reading.gpu->power_w = 80;
  const auto named = numbers(reading);
  const auto has = [&](const std::string& name, double value) {
    return std::ranges::count(named, std::pair(name, value)) == 1;
  };
  CHECK(has("load_1min", 0.5));
  CHECK(has("cpu_throttle_count", 7));
  CHECK(has("sm_clock_mhz", 1980));
  CHECK(has("gpu_power_w", 80));
  CHECK(has("gpu_throttle_sw_power_cap", 1));
  CHECK(named.size() == 10);
}
