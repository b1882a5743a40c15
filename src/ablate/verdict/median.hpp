#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ablate {

/// Inside the verdict room: the middle value, of an even number the upper of the two. There must be one.
inline double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace ablate
