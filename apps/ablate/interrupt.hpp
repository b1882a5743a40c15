#pragma once

#include <atomic>

namespace ablate::cli {

/// Set by the first Ctrl-C, or SIGTERM; the second one ends the process as it always does.
const std::atomic<bool>& stop_on_interrupt();

}  // namespace ablate::cli
