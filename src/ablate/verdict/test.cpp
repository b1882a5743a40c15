#include "ablate/verdict/test.hpp"

#include "ablate/verdict/pooled.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ablate {
namespace {

/// Of the estimate alone; no confidence is asked of it.
double log_distance(const Leaf& leaf) {
  constexpr double any_confidence = 0.95;
  return std::abs(std::log(pooled_ratio(leaf.contrasts, any_confidence).value) - std::log(leaf.bound));
}

bool is_exact(const Leaf& leaf) { return std::ranges::all_of(leaf.contrasts, &Contrast::exact); }

/// A number that was counted is what it is: whatever does not hold is refuted.
Test exact_test(double p, std::size_t index, double distance, std::size_t missing) {
  if (missing > 0 && p > 0) return {{1, index}, {1, index}};
  return {{p, index, distance}, {1 - p, index, distance}};
}

/// `p` speaks for the statement, `against` against it.
Test tested(const Leaf& leaf, std::size_t index, double p, double against) {
  const auto distance = log_distance(leaf);
  if (is_exact(leaf)) return exact_test(p, index, distance, leaf.missing);
  return {{p, index, distance}, {against, index, distance}};
}

/// No correction over claims and points asks for more: smaller p-values are told apart by the ratios.
constexpr double kBeyondDoubt = 1e-9;

/// The clearest first.
std::vector<Evidence> sorted(const std::vector<Test>& tests, Evidence Test::*side) {
  std::vector<Evidence> all;
  for (const auto& test : tests) all.push_back(test.*side);
  std::ranges::stable_sort(all, {}, [](const Evidence& evidence) {
    const auto distance = std::isnan(evidence.distance) ? 0.0 : evidence.distance;
    return std::pair(std::max(evidence.p, kBeyondDoubt), -distance);
  });
  return all;
}

Evidence nth(std::vector<Evidence> in_order, std::size_t count) {
  auto evidence = in_order[count - 1];
  std::ranges::nth_element(in_order, in_order.begin() + static_cast<std::ptrdiff_t>(count - 1), {},
                           &Evidence::p);
  const auto left = static_cast<double>(in_order.size() - count + 1);
  evidence.p = std::min(1.0, in_order[count - 1].p * left);
  evidence.among *= left;
  return evidence;
}

}  // namespace

double Leaf::floor() const {
  double largest = 0;
  for (const auto& contrast : contrasts) largest = std::max(largest, contrast.floor());
  return largest;
}

double Leaf::reach() const { return disturbed.empty() ? floor() : 2 * floor(); }

bool Leaf::hidden() const {
  if (contrasts.empty() || is_exact(*this)) return false;
  // Without a floor nobody knows how much a disturbance may have done.
  if (!disturbed.empty() && !(floor() > 0)) return true;
  return !(log_distance(*this) > reach());
}

Test is_below(const Leaf& leaf, std::size_t index) {
  if (leaf.contrasts.empty() || leaf.hidden()) return {{1, index}, {1, index}};
  return tested(leaf, index, pooled_below(leaf.contrasts, leaf.missing, leaf.bound),
                pooled_above(leaf.contrasts, leaf.missing, leaf.bound));
}

Test is_above(const Leaf& leaf, std::size_t index) {
  if (leaf.contrasts.empty() || leaf.hidden()) return {{1, index}, {1, index}};
  return tested(leaf, index, pooled_above(leaf.contrasts, leaf.missing, leaf.bound),
                pooled_below(leaf.contrasts, leaf.missing, leaf.bound));
}

Test at_least(std::size_t count, const std::vector<Test>& tests) {
  // It fails where so many fail that too few are left.
  const auto failures = tests.size() - count + 1;
  return {nth(sorted(tests, &Test::yes), count), nth(sorted(tests, &Test::no), failures)};
}

Test all_of(const std::vector<Test>& tests) { return at_least(tests.size(), tests); }

Test any_of(const std::vector<Test>& tests) { return at_least(1, tests); }

}  // namespace ablate
