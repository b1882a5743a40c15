#pragma once

#include "ablate/verdict/claims.hpp"
#include "ablate/verdict/readings.hpp"
#include "ablate/verdict/test.hpp"

#include <string>
#include <vector>

namespace ablate {

/// Inside the verdict room: a claim as tests of what was measured, before it is known how many claims there
/// are beside it.
struct Case {
  std::vector<Leaf> leaves;
  std::vector<Test> points;  ///< one a point, those of which the claim speaks
  Test whole;
  std::vector<Grounds> grounds;
  std::string reason;  ///< why there are no points
};

/// What `says` predicates, looked up in one section.
Case make_case(const Predication& says, const Readings& readings, const Contrasts& contrasts);

}  // namespace ablate
