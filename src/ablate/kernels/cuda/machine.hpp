#pragma once

#include <cstdint>

namespace ablate::kernels {

/// What the choice of tiles and of the number of blocks looks at.
struct Machine {
  int64_t multiprocessors = 1;
  int64_t shared_a_block = 48 * 1024;            ///< bytes, the most that one block may ask for
  int64_t shared_a_multiprocessor = 100 * 1024;  ///< bytes
};

}  // namespace ablate::kernels
