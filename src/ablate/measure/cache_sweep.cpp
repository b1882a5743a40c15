// at::parallel_for is compiled into its caller: this file is compiled with OpenMP.
#include "ablate/measure/cache_sweep.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <vector>

namespace ablate {
namespace {

/// "32768K" of the last level of the first core's caches; a guess above most machines' where it is not told.
std::size_t last_level_cache_bytes() {
  std::size_t kibibytes = 0;
  for (int level = 0; level < 5; ++level) {
    std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/size", level));
    if (std::size_t size = 0; file >> size) kibibytes = std::max(kibibytes, size);
  }
  constexpr std::size_t guess = std::size_t{64} << 10, most = std::size_t{512} << 10;
  return std::min(kibibytes > 0 ? kibibytes : guess, most) << 10;
}

}  // namespace

void overwrite_caches() {
  static std::vector<char> buffer(2 * last_level_cache_bytes());
  constexpr std::size_t line = 64;
  static char mark = 0;
  ++mark;
  const auto lines = static_cast<std::int64_t>(buffer.size() / line);
  at::parallel_for(0, lines, lines / (4 * at::get_num_threads()) + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (auto at = begin; at < end; ++at) buffer[static_cast<std::size_t>(at) * line] = mark;
                   });
}

}  // namespace ablate
