#include "ablate/kernels/cuda/depthwise_tiles.hpp"
#include "ablate/kernels/cuda/pointwise_tiles.hpp"
#include "catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace ablate::kernels::cuda;
using namespace ablate::kernels::cuda::general;

namespace {

const Machine h200{132, 227 * 1024, 228 * 1024}, small{2, 48 * 1024, 64 * 1024};

/// What the plan's blocks compute: how often each pixel tile of each row tile.
std::vector<int> visits(const PointwisePlan& plan, int64_t batch) {
  std::vector<int> count(static_cast<size_t>(plan.row_tiles * plan.pixel_tiles * batch));
  for (int64_t row = 0; row < plan.row_tiles; ++row)
    for (int64_t walker = 0; walker < plan.walkers; ++walker)
      for (int64_t tile = walker; tile < plan.pixel_tiles * batch; tile += plan.walkers)
        ++count[static_cast<size_t>(row * plan.pixel_tiles * batch + tile)];
  return count;
}

/// The banks of shared memory that lanes read four elements from, `words` banks each; -1 where two collide.
bool collide(const std::vector<int>& first_words, int words) {
  std::set<int> banks;
  for (const int word : first_words)
    for (int i = 0; i < words; ++i)
      if (!banks.insert((word + i) % 32).second) return true;
  return false;
}

}  // namespace

TEST_CASE("packed pointwise weights have a place each, and the mma's lanes find theirs", "[kernels]") {
  const bool narrow = GENERATE(false, true);
  const int64_t rows = 37, columns = 70;
  std::set<int64_t> places;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      places.insert(packed_index(row, column, rows, narrow));
  CHECK(places.size() == static_cast<size_t>(rows * columns));
  CHECK(*places.begin() >= 0);
  CHECK(*places.rbegin() < packed_elements(rows, columns));

  // Register a2 of lane 13 (row 3, columns of pair 1), second step of the second chunk, second fragment:
  // m16n8k8 has there row 3, column 1 + 4; m16n8k16 row 3, columns 2 and 3 of the upper eight.
  const int64_t lane = 13, fragment = 1, chunk = 1, step = 1;
  const int64_t begin = (chunk * fragments_of(rows) + fragment) * kFragmentElements;
  if (narrow) {
    CHECK(packed_index(16 + 3, 32 + 16 + 8 + 2, rows, true) == begin + (step * 32 + lane) * 8 + 4);
    CHECK(packed_index(16 + 3, 32 + 16 + 8 + 3, rows, true) == begin + (step * 32 + lane) * 8 + 5);
  } else {
    CHECK(packed_index(16 + 3, 32 + 8 + 5, rows, false) == begin + (step * 32 + lane) * 4 + 2);
  }
}

TEST_CASE("a pointwise plan computes every tile once within the machine's shared memory", "[kernels]") {
  const auto& machine = GENERATE(h200, small);
  const int64_t rows = GENERATE(1, 33, 64, 128, 200), pixels = GENERATE(1, 49, 4096),
                batch = GENERATE(0, 1, 5);
  const auto element = GENERATE(Element::float32, Element::float16);
  const int64_t columns = GENERATE(1, 64, 600);
  const auto plan = plan_pointwise({batch, rows, columns, pixels, element}, machine);
  const auto count = visits(plan, batch);
  CHECK(std::all_of(count.begin(), count.end(), [](int visited) { return visited == 1; }));
  const auto& tile = kPointwiseTiles[plan.tile];
  CHECK(plan.row_tiles * tile.rows() >= rows);
  CHECK(plan.pixel_tiles * tile.pixels() >= pixels);
  const int64_t kept = plan.keep_weights ? chunks_of(columns) : kPointwiseStages;
  CHECK(plan.shared_bytes >= pointwise_shared_bytes(tile, element, kept));
  if (&machine == &h200) CHECK(plan.shared_bytes <= machine.shared_a_block);
}

TEST_CASE("reading a stage of the pointwise kernel's input, no two lanes meet in a bank", "[kernels]") {
  for (const auto& tile : kPointwiseTiles) {
    std::vector<int> wide, narrow;  // a quarter and a half of a warp: what is read at one time
    for (int lane = 0; lane < 16; ++lane) {
      const int quad = lane / 4 * 4, pair = lane % 4, stride = stage_stride(tile.pixels());
      if (lane < 8) wide.push_back(pair * stride + quad);
      narrow.push_back((2 * pair * stride + quad) / 2);
    }
    CHECK_FALSE(collide(wide, 4));
    CHECK_FALSE(collide(narrow, 2));
  }
}

TEST_CASE("the patches of a depthwise block cover its tiles once", "[kernels]") {
  for (const auto& tile : kDepthwiseTiles) {
    CHECK(tile.threads() % 32 == 0);
    std::vector<int> count(static_cast<size_t>(tile.planes * tile.height() * tile.width));
    for (int thread = 0; thread < tile.threads(); ++thread) {
      const auto patch = DepthwisePatch::of(tile, thread);
      for (int y = patch.y; y < patch.y + tile.outputs; ++y)
        for (int x = patch.x; x < patch.x + 4; ++x)
          ++count.at(static_cast<size_t>((patch.plane * tile.height() + y) * tile.width + x));
    }
    CHECK(std::all_of(count.begin(), count.end(), [](int covered) { return covered == 1; }));
  }
}

TEST_CASE("neighbouring channels of a depthwise block read different banks", "[kernels]") {
  const int kernel_size = GENERATE(1, 3, 5, 7, 9), element_size = GENERATE(4, 2);
  for (const auto& tile : kDepthwiseTiles) {
    const auto stage = DepthwiseStage::of(tile, kernel_size, element_size);
    CHECK(stage.plane >= stage.row * stage.rows);
    CHECK(stage.row % 4 == 0);
    CHECK(stage.plane % 4 == 0);
    std::vector<int> words;
    for (int thread = 0; thread < 32 / element_size; ++thread) {  // 128 bytes
      const auto patch = DepthwisePatch::of(tile, thread);
      words.push_back((patch.plane * stage.plane + patch.y * stage.row + patch.x) * element_size / 4);
    }
    CHECK_FALSE(collide(words, element_size));
  }
}

TEST_CASE("a depthwise plan covers the image, and narrow images share a block", "[kernels]") {
  const int64_t height = GENERATE(1, 7, 33, 100, 256), width = GENERATE(1, 7, 28, 65, 200);
  const int kernel_size = GENERATE(1, 7, 9);
  const auto plan = plan_depthwise({3, 40, height, width, kernel_size, Element::float32}, h200);
  const auto& tile = kDepthwiseTiles[plan.tile];
  CHECK(plan.tiles_across * tile.width >= width);
  CHECK(plan.tiles_down * tile.height() >= height);
  CHECK(plan.channel_groups * tile.planes >= 40);
  CHECK(plan.tiles == 3 * plan.channel_groups * plan.tiles_a_plane());
  CHECK(plan.walkers >= 1);
  CHECK(plan.walkers <= plan.tiles);
  CHECK(plan.shared_bytes <= h200.shared_a_block);
  CHECK(plan_depthwise({1, 48, 7, 7, 7, Element::float32}, h200).tile == 4);
  CHECK(plan_depthwise({64, 64, 128, 128, 7, Element::float32}, h200).tile == 0);
}
