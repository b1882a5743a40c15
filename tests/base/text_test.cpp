#include "ablate/base/text.hpp"

#include "catch.hpp"

#include <limits>

using namespace ablate;

namespace {
const std::vector<std::string> names{"channels", "resolution", "batch"};
}

TEST_CASE("the nearest name is found by edit distance, and none where none is near", "[base]") {
  CHECK(nearest("chanels", names) == "channels");
  CHECK(nearest("bach", names) == "batch");
  CHECK(nearest("dtype", names).empty());
  CHECK(nearest("x", {}).empty());
}

TEST_CASE("choices list what is allowed and suggest what was meant", "[base]") {
  CHECK(choices("chanels", names) == "channels, resolution, batch (did you mean channels?)");
  CHECK(choices("dtype", names) == "channels, resolution, batch");
  CHECK(choices("x", {}) == "nothing");
}

TEST_CASE("thousands are set off", "[base]") {
  CHECK(with_thousands(0) == "0");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(43584) == "43,584");
  CHECK(with_thousands(-1000) == "-1,000");
  CHECK(with_thousands(-100) == "-100");
  CHECK(with_thousands(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
}

TEST_CASE("the hash is FNV-1a and stays so", "[base]") {
  CHECK(hex(stable_hash("")) == "cbf29ce484222325");
  CHECK(hex(stable_hash("a")) == "af63dc4c8601ec8c");
  CHECK(hex(stable_hash("foobar")) == "85944171f73967e8");
  CHECK(hex(1) == "0000000000000001");
}

TEST_CASE("a text is split at its separators", "[base]") {
  CHECK(split("a.b.c", '.') == std::vector<std::string>{"a", "b", "c"});
  CHECK(split("a..c", '.') == std::vector<std::string>{"a", "", "c"});
  CHECK(split("", '.').empty());
  CHECK(join(names, "+") == "channels+resolution+batch");
}

TEST_CASE("signs are spelled in ASCII, letters of a name stay", "[base]") {
  CHECK(in_ascii("226 ± 43 µs, 64×64, 24→48 … — ─═█") == "226 +/- 43 us, 64x64, 24->48 ... - -=#");
  CHECK(in_ascii("Größe") == "Größe");
  CHECK(in_ascii("").empty());
}

TEST_CASE("a text is clipped by what it takes on a terminal, not by its bytes", "[base]") {
  CHECK(columns_of("±µ×a") == 4);
  CHECK(clipped("±µ×a", 4) == "±µ×a");
  CHECK(clipped("±µ×a", 3) == "±µ…");
  CHECK(clipped("abcdef", 4, "~") == "abc~");
  CHECK(clipped("abc", 1) == "…");
}
