#include "ablate/kernels/cuda/divisor.hpp"
#include "ablate/kernels/cuda/once_tiles.hpp"
#include "catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace ablate::kernels::cuda;

namespace {

/// How often each pixel of a plane is some thread's, over all tiles.
std::vector<int> visits(const OnceTiling& t, const OnceCut& cut) {
  std::vector<int> count(static_cast<size_t>(cut.width * cut.height));
  for (int tile = 0; tile < t.tiles; ++tile)
    for (int thread = 0; thread < t.columns * t.rows; ++thread)
      for (int o = 0; o < cut.rows; ++o)
        for (int j = 0; j < 4; ++j) {
          const int x = (tile % t.tiles_x * t.columns + thread % t.columns) * 4 + j;
          const int y = (tile / t.tiles_x * t.rows + thread / t.columns) * cut.rows + o;
          if (x < cut.width && y < cut.height) ++count[static_cast<size_t>(y * cut.width + x)];
        }
  return count;
}

}  // namespace

TEST_CASE("every tiling of the kernel for one round covers a plane once, in the threads that it has",
          "[kernels]") {
  const int width = GENERATE(1, 7, 56, 65, 300), height = GENERATE(1, 7, 33, 128),
            rows = GENERATE(1, 2, 4, 8);
  const bool boxes = rows > 1 && GENERATE(false, true);
  const int most_threads = rows == 2 ? 512 : rows == 4 ? 256 : 128;
  const OnceCut cut{width, height, 7, 48, boxes ? 2 : 4, 52 + 48, rows, most_threads, boxes};
  const auto tilings = once_tilings(cut);
  CHECK_FALSE(tilings.empty());
  for (const auto& t : tilings) {
    const auto count = visits(t, cut);
    CHECK(std::all_of(count.begin(), count.end(), [](int visited) { return visited == 1; }));
    CHECK(t.columns * t.rows <= t.plane_threads);
    CHECK(t.planes * t.plane_threads <= once_threads(t));
    CHECK(once_threads(t) <= most_threads);
    CHECK((t.planes == 1 || t.tiles == 1));
    CHECK((t.plane_threads % 32 == 0 || 32 % t.plane_threads == 0));
    if (boxes) CHECK(t.in_width * cut.element_bytes % 16 == 0);
  }
}

TEST_CASE("threads above one another read a tile from different banks, as far as their rows allow",
          "[kernels]") {
  const int rows = GENERATE(1, 2, 4);
  const auto tilings = once_tilings({4, 64, 7, 1, 4, 100, rows, 128, false});
  CHECK(std::ranges::any_of(tilings, [](const OnceTiling& t) { return t.columns == 1 && t.rows >= 8; }));
  for (const auto& t : tilings) {
    if (t.columns != 1 || t.rows < 8) continue;
    std::set<int> banks;  // eight lanes with four floats each are a turn of shared memory
    for (int thread = 0; thread < 8; ++thread) banks.insert(thread * rows * t.in_width / 4 % 8);
    CHECK(banks.size() == static_cast<size_t>(8 / rows));
  }
}

TEST_CASE("small planes share a block, and a large one is cut", "[kernels]") {
  const auto some = once_tilings({7, 7, 7, 48, 4, 100, 2, 512, false});
  CHECK(std::ranges::any_of(some, [](const OnceTiling& t) { return t.planes == 48; }));
  const auto cut = once_tilings({256, 256, 7, 48, 4, 100, 8, 128, true});
  CHECK(std::ranges::none_of(cut, [](const OnceTiling& t) { return t.planes > 1; }));
  CHECK(std::ranges::any_of(cut, [](const OnceTiling& t) { return t.columns == 16 && t.rows == 8; }));
}

TEST_CASE("a divisor known at launch divides", "[kernels]") {
  for (const unsigned divisor : {1u, 2u, 3u, 7u, 17u, 64u, 1000u, 65537u}) {
    const auto by = Divisor::of(divisor);
    for (const unsigned dividend : {0u, 1u, 6u, 63u, 64u, 999u, 1000u, 123456789u, 2147483647u}) {
      const auto high = (std::uint64_t{dividend} * by.multiplier) >> 32;
      CHECK((divisor == 1 ? dividend : high >> by.shift) == dividend / divisor);
    }
  }
}
