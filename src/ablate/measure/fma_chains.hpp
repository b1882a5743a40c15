#pragma once

#include <cstdint>

namespace ablate {

struct FmaRun {
  std::int64_t flops = 0;  ///< floating-point operations done: two a multiply-add
  double sum = 0;          ///< depends on all of them, so that none can be left out
};

/// Chains of float32 multiply-adds that never leave the registers, on one core, in the widest instructions
/// that the processor has.
FmaRun fma_chains(std::int64_t rounds);

}  // namespace ablate
