#include "ablate/kernels/cuda/once_tiles.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace ablate::kernels::cuda {
namespace {

constexpr int most_box = 256;         // elements along a side of a box
constexpr int most_shared = 200'000;  // bytes of a tile and its rows: 227 KiB less what is static
constexpr int most_columns = 64;

int ceil_div(int a, int b) { return (a + b - 1) / b; }

int plane_threads_of(int threads) {
  if (threads > 32) return ceil_div(threads, 32) * 32;
  return std::max(least_plane_threads, static_cast<int>(std::bit_ceil(static_cast<unsigned>(threads))));
}

bool fits(const OnceTiling& t, const OnceCut& cut) {
  const bool box = t.in_width <= most_box && t.in_height <= most_box && t.planes <= most_box &&
                   t.in_width * cut.element_bytes % 16 == 0;
  return once_threads(t) <= cut.most_threads && once_shared_bytes(t, cut) <= most_shared &&
         (!cut.boxes || box);
}

/// Turns that shared memory takes for one load of four by all threads of a block: lanes of 128 bytes together
/// have one, where no two read different words of a bank.
int turns(const OnceTiling& t, const OnceCut& cut) {
  const int vector = 4 * cut.element_bytes, together = 128 / vector;
  int all = 0;
  for (int thread = 0; thread < t.planes * t.plane_threads; thread += together) {
    std::array<int, 32> addresses;  // of the banks
    addresses.fill(-1);
    int most = 1;
    std::array<int, 32> different{};
    for (int lane = thread; lane < thread + together; ++lane) {
      const int plane = lane / t.plane_threads, index = lane % t.plane_threads, row = index / t.columns;
      if (plane >= t.planes || row >= t.rows) continue;
      const int address = ((plane * t.in_height + row * cut.rows) * t.in_width + index % t.columns * 4) *
                          cut.element_bytes / vector;
      const auto bank = static_cast<std::size_t>(address % together);
      if (addresses[bank] == address) continue;
      addresses[bank] = address;
      most = std::max(most, ++different[bank]);
    }
    all += most;
  }
  return all;
}

/// Room behind each row, so that threads above one another read different banks.
int padded_width(OnceTiling t, const OnceCut& cut) {
  const int width = t.in_width;
  int best = width, least = turns(t, cut);
  for (int more = 4; more < 128 / cut.element_bytes; more += 4) {
    t.in_width = width + more;
    if (const int found = turns(t, cut); 10 * found < 9 * least) best = t.in_width, least = found;
  }
  return best;
}

/// `cuts_x` by `cuts_y` tiles, as even as threads allow.
OnceTiling tiling_of(const OnceCut& cut, int cuts_x, int cuts_y, int planes) {
  OnceTiling t;
  t.columns = ceil_div(ceil_div(cut.width, 4), cuts_x),
  t.rows = ceil_div(ceil_div(cut.height, cut.rows), cuts_y);
  if (cut.boxes && cut.element_bytes == 2) t.columns = ceil_div(t.columns, 2) * 2;  // boxes of whole 16 bytes
  t.planes = planes;
  t.plane_threads = plane_threads_of(t.columns * t.rows);
  t.tiles_x = ceil_div(cut.width, 4 * t.columns);
  t.tiles = t.tiles_x * ceil_div(cut.height, cut.rows * t.rows);
  t.in_width = 4 * t.columns + 2 * once_margin(cut.element_bytes);
  t.in_height = cut.rows * t.rows + cut.kernel - 1;
  if (!cut.boxes) t.in_width = padded_width(t, cut);
  return t;
}

}  // namespace

int once_threads(const OnceTiling& t) { return ceil_div(t.planes * t.plane_threads, 32) * 32; }

int once_shared_bytes(const OnceTiling& t, const OnceCut& cut) {
  const int means = t.planes == cut.active || t.planes > 1 ? ceil_div(cut.active, 4) * 4 : 0;
  return once_tile_bytes(t, cut.element_bytes) + (t.planes * cut.row_floats + means) * 4;
}

std::vector<OnceTiling> once_tilings(const OnceCut& cut) {
  std::vector<OnceTiling> found;
  const auto add = [&](const OnceTiling& tiling) {
    if (fits(tiling, cut) && std::ranges::find(found, tiling) == found.end()) found.push_back(tiling);
  };
  const int columns = ceil_div(cut.width, 4), rows = ceil_div(cut.height, cut.rows);
  const int least_x = ceil_div(columns, std::min(most_columns, cut.most_threads));
  for (int cuts_x = least_x; cuts_x <= std::min(columns, least_x + 3); ++cuts_x)
    for (int cuts_y = 1; cuts_y <= std::min(rows, 64); ++cuts_y) {
      const OnceTiling one = tiling_of(cut, cuts_x, cuts_y, 1);
      add(one);
      for (int planes = 2;
           one.tiles == 1 && planes <= cut.active && planes * one.plane_threads <= cut.most_threads; ++planes)
        add(tiling_of(cut, cuts_x, cuts_y, planes));
    }
  return found;
}

}  // namespace ablate::kernels::cuda
