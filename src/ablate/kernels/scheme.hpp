#pragma once

#include <cstdint>
#include <string>

namespace ablate::kernels {

/// Batch and image of an input; its channels are the block's.
struct ImageShape {
  int64_t batch = 1, height = 1, width = 1;
};

/// Which kernels take a block at a shape, for people: `ablate list kernels` prints it.
struct Scheme {
  std::string name;  ///< "resident", "two passes", "avx512 fast-FIR"
  std::string why;   ///< the numbers that decided: tiles, blocks, shared memory, caches
};

}  // namespace ablate::kernels
