#pragma once

#include <cstdint>
#include <optional>

namespace ablate {

/// Bytes of the cache of data of a level, 1 to 4, that the first core reads through; nothing where the system
/// does not tell. As Linux describes it: sysconf gives, on processors whose cores share a last level in
/// groups, that of all groups together.
std::optional<std::int64_t> cpu_cache_bytes(int level);

}  // namespace ablate
