#pragma once

#include <cmath>

/// But for rounding.
inline bool is_near(double value, double expected) { return std::abs(value - expected) < 1e-9; }
