#include "ablate/report/units.hpp"

#include "catch.hpp"

using namespace ablate;

TEST_CASE("a unit is the largest in which the median is at least one", "[report]") {
  CHECK(unit_for("s", {2.5e-4, 3e-4, 7e-3}).name == "µs");
  CHECK(unit_for("s", {1e-3, 2e-3, 9e-4}).name == "ms");
  CHECK(unit_for("s", {1.5}).name == "s");
  CHECK(unit_for("s", {1e-12}).name == "ns");
  CHECK(unit_for("s", {}).name.empty());
  CHECK(unit_for("bytes", {4096}).name == "KiB");
  CHECK(unit_for("bytes", {12}).name == "B");
  CHECK(unit_for("", {1e9}).name.empty());
}

TEST_CASE("the last digit has the order of the error, within two to four digits", "[report]") {
  CHECK(decimals_for(225.7, 1.9) == 0);
  CHECK(decimals_for(225.7, 0.2) == 1);
  CHECK(decimals_for(225.7, 0.0001) == 1);  // four digits
  CHECK(decimals_for(225.7, 16) == -1);     // 230
  CHECK(decimals_for(225.7, 1000) == -1);   // two digits
  CHECK(decimals_for(0.02257, 0.001) == 3);
  CHECK(decimals_for(9.9999, 0) == 2);  // 10.00 is four digits, 10.000 five
  CHECK(decimals_for(0, 1) == 0);
}

TEST_CASE("numbers are rounded before the point too", "[report]") {
  CHECK(rounded(7798, -2) == "7800");
  CHECK(rounded(225.74, 1) == "225.7");
  CHECK(rounded(96, -1) == "100");
}

TEST_CASE("percent has a decimal only where it means something", "[report]") {
  CHECK(as_percent(0.3163, 0) == "+31.6%");
  CHECK(as_percent(-0.444, 0.001) == "-44.4%");
  CHECK(as_percent(0.3163, 0.02) == "+32%");
}
