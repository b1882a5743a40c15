#pragma once

#include <chrono>

namespace ablate {

/// The clock of everything that is timed on the host.
using Steady = std::chrono::steady_clock;

inline double seconds_between(Steady::time_point from, Steady::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

inline double seconds_since(Steady::time_point begin) { return seconds_between(begin, Steady::now()); }

}  // namespace ablate
