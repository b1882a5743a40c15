// at::parallel_for is compiled into its caller: this file is compiled with OpenMP.
#include "ablate/measure/cache_sweep.hpp"

#include "ablate/base/cpu_caches.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

namespace ablate {
namespace {

/// A guess above most machines' where it is not told.
std::size_t last_level_cache_bytes() {
  constexpr std::int64_t guess = std::int64_t{64} << 20, most = std::int64_t{512} << 20;
  auto bytes = cpu_cache_bytes(4);
  for (int level = 3; !bytes && level > 0; --level) bytes = cpu_cache_bytes(level);
  return static_cast<std::size_t>(std::min(bytes.value_or(guess), most));
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
