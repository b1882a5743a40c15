#pragma once

#include "ablate/run/prepare.hpp"
#include "ablate/watch/watch.hpp"

namespace ablate {

/// Inside the run room: the fixed protocol. Fills in the record's latencies; on CUDA the host's clock is
/// sampled as often as the protocol says, the others `other_samples` times. Returns the seconds spent in
/// warm-up and samples.
double sample_fixed(Prepared& prepared, Watch& watch, const std::map<std::string, Peaks>& peaks);

inline constexpr int other_samples = 20;

}  // namespace ablate
