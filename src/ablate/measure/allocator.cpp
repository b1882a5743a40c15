#include "ablate/measure/allocator.hpp"

#include <limits>

// After a header of the library, which says whether it is glibc.
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ablate {

std::string keep_freed_memory() {
#ifdef __GLIBC__
  const bool no_maps = mallopt(M_MMAP_MAX, 0) == 1;
  const bool no_trim = mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max()) == 1;
  if (no_maps && no_trim) return "glibc, freed memory kept";
#endif
  return {};
}

std::string system_allocator() {
#ifdef __GLIBC__
  return "glibc, its defaults";
#else
  return {};
#endif
}

}  // namespace ablate
