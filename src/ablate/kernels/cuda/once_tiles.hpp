#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <vector>

/// How the kernel `once` cuts images into tiles. Knows neither LibTorch nor CUDA.

namespace ablate::kernels::cuda {

constexpr int least_plane_threads = 8;

/// Columns before and behind a tile in shared memory: 16 bytes, as the copy engine wants it.
constexpr int once_margin(int element_bytes) { return 16 / element_bytes; }

/// A cut, and how a block's threads share a tile. A thread has four columns by some rows.
struct OnceTiling {
  int columns = 0, rows = 0;        ///< threads along a row of a tile, and along a column
  int planes = 1;                   ///< channels of a block; more than one only where a tile is a whole plane
  int plane_threads = 0;            ///< of a channel: a power of two up to 32, or whole warps
  int tiles_x = 0, tiles = 0;       ///< tiles along a row of the image; tiles of a plane
  int in_width = 0, in_height = 0;  ///< of a tile with its margins, in shared memory; rows may have more room

  bool operator==(const OnceTiling&) const = default;
};

/// Of a block's tile in shared memory, with its margins.
ABLATE_HOST_DEVICE constexpr int once_tile_bytes(const OnceTiling& t, int element_bytes) {
  return (t.planes * t.in_height * t.in_width * element_bytes + 127) / 128 * 128;
}

/// What a cut depends on: of the image and its channels, then of the kernel.
struct OnceCut {
  int width, height, kernel, active;
  int element_bytes, row_floats;  ///< of an element; of what a channel brings with it
  int rows, most_threads;         ///< that a thread computes; of a block
  bool boxes;                     ///< tiles come by the copy engine
};

int once_threads(const OnceTiling& tiling);                           ///< of a block, whole warps
int once_shared_bytes(const OnceTiling& tiling, const OnceCut& cut);  ///< dynamic

/// Every tiling worth a thought: as few columns of tiles as there can be and some more, any number of rows of
/// tiles, and where a plane is one tile, any number of planes. None where no tile fits.
std::vector<OnceTiling> once_tilings(const OnceCut& cut);

}  // namespace ablate::kernels::cuda
