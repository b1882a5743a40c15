#include "ablate/base/cpu_caches.hpp"

#include "catch.hpp"

#include <fstream>
#include <string>

using ablate::cpu_cache_bytes;

TEST_CASE("a cache of data is told as the system describes it", "[base]") {
  std::ifstream described("/sys/devices/system/cpu/cpu0/cache/index0/size");
  std::string size;
  if (!(described >> size)) return;  // not every machine says
  CHECK(cpu_cache_bytes(1) == std::stoll(size) * 1024);
  REQUIRE(cpu_cache_bytes(2));
  CHECK(*cpu_cache_bytes(2) >= *cpu_cache_bytes(1));
}
