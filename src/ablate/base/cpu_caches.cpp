#include "ablate/base/cpu_caches.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace ablate {
namespace {

template <typename Value>
std::optional<Value> read(int index, const char* name) {
  std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/{}", index, name));
  if (Value value{}; file >> value) return value;
  return std::nullopt;
}

std::optional<std::int64_t> told_by_sysconf([[maybe_unused]] int level) {
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  constexpr int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE,
                           _SC_LEVEL4_CACHE_SIZE};
  if (const auto bytes = sysconf(names[level - 1]); bytes > 0) return bytes;
#endif
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> cpu_cache_bytes(int level) {
  for (int index = 0; const auto found = read<int>(index, "level"); ++index) {
    if (found != level || read<std::string>(index, "type") == "Instruction") continue;
    if (const auto kibibytes = read<std::int64_t>(index, "size")) return *kibibytes << 10;  // "32768K"
  }
  return told_by_sysconf(level);
}

}  // namespace ablate
