#pragma once

#include "ablate/blocks/block.hpp"

#include <cstdint>
#include <memory>

namespace ablate {

/// A block that takes longer by a known time, for checks of the measuring itself: on the CPU the thread spins
/// for `seconds` after each call, on CUDA a kernel spins for `cycles` of the device's clock.
struct Delay {
  double seconds = 0;
  std::int64_t cycles = 0;
};
std::shared_ptr<Block> delayed(std::shared_ptr<Block> block, Delay delay);

/// Cycles that a kernel must spin to take so long longer, measured between events; 0 without CUDA.
std::int64_t cycles_for(double seconds, torch::Device device);

}  // namespace ablate
