#pragma once

#include "ablate/study/plan.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ablate {

/// How one comparison of a block with itself, or with itself and a known delay, came out.
struct Trial {
  std::string cell;  ///< id
  double truth = 1;  ///< ratio that should come out
  double ratio = 1, low = 1, high = 1;
  double naive_low = 1,
         naive_high = 1;  ///< mean ± 1.96 standard errors of both, as if samples were independent
};

struct SelfcheckOptions {
  Protocol protocol;
  double delay =
      0;  ///< share of the block's own latency that the second instance waits longer; 0: A against A
  std::size_t comparisons = 200;
  std::uint64_t seed = 0;
};

/// Compares cells of the plan on `device` with second instances of themselves, cell after cell and round
/// again, until there are enough comparisons. With a fixed protocol one instance is sampled after the other.
/// The ratio is read from the protocol's clock, which must not be the graph's where there is a delay.
///
/// The delay is one that the clock sees: on the CPU the thread spins, on CUDA a kernel does, whose length was
/// measured on the same clock. Throws UserError where no cell of the plan can be timed on the device.
std::vector<Trial> selfcheck(const Plan& plan, const std::string& device, const SelfcheckOptions& options,
                             const std::function<void(const Trial&)>& ended, const std::atomic<bool>& stop);

}  // namespace ablate
