#pragma once

#include <cstdint>

namespace ablate {

/// Inside the verdict room: a rational number in lowest terms, so that sums of effects of counts hold
/// exactly. Throws std::overflow_error where 64 bits do not hold a result.
class Fraction {
 public:
  Fraction(std::int64_t numerator = 0, std::int64_t denominator = 1);  // implicit: every integer is one

  std::int64_t numerator() const { return numerator_; }
  std::int64_t denominator() const { return denominator_; }
  double value() const { return static_cast<double>(numerator_) / static_cast<double>(denominator_); }

  friend Fraction operator+(const Fraction& a, const Fraction& b);
  friend Fraction operator-(const Fraction& a, const Fraction& b);
  friend Fraction operator*(const Fraction& a, const Fraction& b);
  friend bool operator==(const Fraction&, const Fraction&) = default;

 private:
  std::int64_t numerator_, denominator_;
};

}  // namespace ablate
