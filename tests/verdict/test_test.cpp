#include "ablate/verdict/test.hpp"

#include "catch.hpp"

using namespace ablate;

namespace {

std::vector<Test> tests_of(const std::vector<double>& yes) {
  std::vector<Test> tests;
  for (const auto p : yes) tests.push_back({{p, tests.size()}, {1 - p, tests.size()}});
  return tests;
}

}  // namespace

TEST_CASE("all is as sure as its weakest part, some as its strongest among as many", "[verdict]") {
  const auto tests = tests_of({0.01, 0.2, 0.04});
  CHECK(all_of(tests).yes.p == 0.2);
  CHECK(all_of(tests).yes.leaf == 1);
  CHECK(all_of(tests).yes.among == 1);
  CHECK(any_of(tests).yes.p == Approx(0.03));
  CHECK(any_of(tests).yes.leaf == 0);
  CHECK(any_of(tests).yes.among == 3);
}

TEST_CASE("what speaks against all speaks for some failing", "[verdict]") {
  const auto tests = tests_of({0.01, 0.99, 0.04});
  CHECK(all_of(tests).no.p == Approx(3 * 0.01));
  CHECK(all_of(tests).no.leaf == 1);
  CHECK(any_of(tests).no.p == Approx(0.99));
}

TEST_CASE("at least two of three: the second smallest among the two that are left", "[verdict]") {
  const auto tests = tests_of({0.01, 0.2, 0.04});
  CHECK(at_least(2, tests).yes.p == Approx(2 * 0.04));
  CHECK(at_least(2, tests).yes.leaf == 2);
  // It fails where two fail.
  CHECK(at_least(2, tests_of({0.99, 0.98, 0.5})).no.p == Approx(2 * 0.02));
}
