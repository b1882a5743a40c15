#include "ablate/stats/quantiles.hpp"

#include <cmath>
#include <initializer_list>
#include <numbers>

namespace ablate {
namespace {

/// Lentz's continued fraction of the incomplete beta function; converges quickly for x < (a + 1) / (a + b +
/// 2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto off_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1, d = 1 / off_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 1000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 / off_zero(1 + term * d);
      c = off_zero(1 + term / c);
      step = c * d;
      fraction *= step;
    }
    if (std::abs(step - 1) < 1e-16) break;
  }
  return fraction;
}

/// The regularised incomplete beta function; `y` is 1 - x, given apart since x may be very near 1.
double incomplete_beta(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, y) / b;
}

double student_density(double t, double freedom) {
  return std::exp(std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2) -
                  (freedom + 1) / 2 * std::log1p(t * t / freedom)) /
         std::sqrt(freedom * std::numbers::pi);
}

/// x with cdf(x) = p for p < 1/2, by Newton's steps kept inside a shrinking bracket. Both distributions are
/// symmetric, so upper quantiles are mirrored lower ones.
template <class Cdf, class Density>
double lower_quantile(double p, const Cdf& cdf, const Density& density) {
  double low = -1, high = 0;
  while (cdf(low) > p) {
    high = low;
    low *= 2;
  }
  double x = (low + high) / 2;
  for (int step = 0; step < 200; ++step) {
    const double excess = cdf(x) - p;
    (excess > 0 ? high : low) = x;
    double next = x - excess / density(x);
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - x) <= 1e-14 * std::abs(x)) return next;
    x = next;
  }
  return x;
}

}  // namespace

double normal_cdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double normal_quantile(double p) {
  if (p == 0.5) return 0;
  if (p > 0.5) return -normal_quantile(1 - p);
  return lower_quantile(p, normal_cdf,
                        [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); });
}

double student_cdf(double t, double freedom) {
  const double square = t * t;
  if (std::isinf(square)) return t > 0 ? 1 : 0;
  const double tail =
      incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square)) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double freedom) {
  if (p == 0.5) return 0;
  if (p > 0.5) return -student_quantile(1 - p, freedom);
  return lower_quantile(
      p, [&](double t) { return student_cdf(t, freedom); },
      [&](double t) { return student_density(t, freedom); });
}

}  // namespace ablate
