#include "ablate/verdict/normal.hpp"

#include <cmath>

namespace ablate {

double normal_tail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

double normal_quantile(double tail) {
  double low = -40, high = 40;  // beyond these the chance is no double
  for (int i = 0; i < 100; ++i) {
    const auto middle = (low + high) / 2;
    (normal_tail(middle) > tail ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace ablate
