#pragma once

#include "ablate/verdict/contrast.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Inside the verdict room: statements about cells as tests. A leaf holds one ratio against one bound; a test
/// is made of leaves by "at least so many of these", which "all" and "some" are cases of. Each test has two
/// p-values, one that speaks for the statement and one that speaks against it; where neither is small it is
/// open.

/// One ratio held against a bound.
struct Leaf {
  std::string what;                 ///< "STMBlock / DWBlock at 64"
  std::vector<Contrast> contrasts;  ///< one, or those whose median is meant; none: not measured
  std::size_t missing = 0;          ///< contrasts that the median lacks
  double bound = 1;
  std::string reason;     ///< why a contrast is missing
  bool absent = true;     ///< whether all that is missing could not be measured here, or was not asked for
  std::string disturbed;  ///< what disturbed one of its cells; empty: nothing

  double floor() const;
  /// How far the ratio must lie from the bound, as |log|, to count: the noise floor, twice that where
  /// disturbed.
  double reach() const;
  /// Whether the ratio lies too near to the bound to be told from it, however narrow its interval is.
  bool hidden() const;
};

/// What speaks for a statement, or against it.
struct Evidence {
  double p = 1;
  std::size_t leaf = 0;  ///< index of the leaf that p hangs on
  double distance = 0;   ///< of that leaf's ratio from its bound, as |log|
  double among = 1;      ///< leaves that this one was picked from, as p counts them
};

struct Test {
  Evidence yes, no;
};

/// "The ratio is below (above) the leaf's bound"; `index` is the leaf's.
Test is_below(const Leaf& leaf, std::size_t index);
Test is_above(const Leaf& leaf, std::size_t index);

/// "At least `count` of these hold", count from 1 to their number. Partial conjunction (Benjamini and Heller
/// 2008) by Bonferroni: the count-th smallest p-value times those that are left, valid under any dependence.
Test at_least(std::size_t count, const std::vector<Test>& tests);
Test all_of(const std::vector<Test>& tests);
Test any_of(const std::vector<Test>& tests);

}  // namespace ablate
