#include "ablate/kernels/cuda/toeplitz.hpp"
#include "catch.hpp"

#include <array>
#include <set>

using namespace ablate::kernels::cuda;

TEST_CASE("a kernel's row as the tensor cores hold it convolves sixteen columns into eight", "[kernels]") {
  const std::array<int, 7> taps{3, -1, 4, 1, -5, 9, 2};
  std::array<std::array<int, 8>, 16> factor{};
  std::set<int> places;
  for (int lane = 0; lane < 32; ++lane)
    for (int element = 0; element < 4; ++element) {
      // mma.m16n8k16, B by columns: elements 0 and 1 are rows 2 (l % 4) and the next, 2 and 3 eight rows
      // further.
      const auto row = static_cast<size_t>(lane % 4 * 2 + element / 2 * 8 + element % 2);
      const auto column = static_cast<size_t>(lane / 4);
      const int tap = toeplitz_tap(lane, element);
      CHECK(tap < 7);
      factor[row][column] = tap < 0 ? 0 : taps[static_cast<size_t>(tap)];
      places.insert(static_cast<int>(row * 8 + column));
    }
  CHECK(places.size() == 16 * 8);
  for (size_t column = 0; column < 8;
       ++column)  // input column 0 lies four before output 0: its window begins at 1
    for (size_t row = 0; row < 16; ++row) {
      const bool inside = row >= column + 1 && row <= column + 7;
      CHECK(factor[row][column] == (inside ? taps[row - column - 1] : 0));
    }
}

TEST_CASE("a packed kernel is what one copy of whole 16 bytes brings", "[kernels]") {
  CHECK(sizeof(ToeplitzKernel) == 7 * 32 * 4 * 2 + 16);
  CHECK(sizeof(ToeplitzKernel) % 16 == 0);
}
