#pragma once

#include "ablate/check/check.hpp"

namespace ablate::testing {

/// Largest difference over the largest expected value.
inline double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return compare("output", actual, expected, 0).relative;
}

}  // namespace ablate::testing
