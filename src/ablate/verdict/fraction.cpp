#include "ablate/verdict/fraction.hpp"

#include <numeric>
#include <stdexcept>

namespace ablate {
namespace {

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) throw std::overflow_error("a fraction of more than 64 bits");
  return result;
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) throw std::overflow_error("a fraction of more than 64 bits");
  return result;
}

}  // namespace

Fraction::Fraction(std::int64_t numerator, std::int64_t denominator)
    : numerator_(numerator), denominator_(denominator) {
  if (denominator == 0) throw std::invalid_argument("a fraction over 0");
  const auto common = std::gcd(numerator, denominator) * (denominator < 0 ? -1 : 1);
  numerator_ /= common;
  denominator_ /= common;
}

Fraction operator+(const Fraction& a, const Fraction& b) {
  const auto common = std::gcd(a.denominator_, b.denominator_);
  return {sum(product(a.numerator_, b.denominator_ / common), product(b.numerator_, a.denominator_ / common)),
          product(a.denominator_ / common, b.denominator_)};
}

Fraction operator-(const Fraction& a, const Fraction& b) { return a + Fraction(-1) * b; }

Fraction operator*(const Fraction& a, const Fraction& b) {
  const auto across = Fraction(a.numerator_, b.denominator_), back = Fraction(b.numerator_, a.denominator_);
  return {product(across.numerator_, back.numerator_), product(across.denominator_, back.denominator_)};
}

}  // namespace ablate
