#include "ablate/kernels/cuda/pointwise_tiles.hpp"

#include <algorithm>

namespace ablate::kernels::cuda::general {
namespace {

int64_t tiles_in(const PointwiseShape& shape, const PointwiseTile& tile) {
  return ceil_div(shape.rows, tile.rows()) * ceil_div(shape.pixels, tile.pixels()) * shape.batch;
}

int choose_tile(const PointwiseShape& shape, int64_t multiprocessors) {
  const auto enough = [&](int tile) { return tiles_in(shape, kPointwiseTiles[tile]) >= 2 * multiprocessors; };
  const bool few_pixels = shape.pixels <= kWarpPixels;
  if (shape.rows <= 32) return !few_pixels && enough(1) ? 1 : 0;
  const bool in_128 = ceil_div(shape.rows, 128) * 2 == ceil_div(shape.rows, 64);
  if (!few_pixels && in_128 && enough(5)) return 5;
  if (shape.pixels > 64 && enough(4)) return 4;
  return !few_pixels && enough(3) ? 3 : 2;
}

}  // namespace

PointwisePlan plan_pointwise(const PointwiseShape& shape, const Machine& machine) {
  PointwisePlan plan;
  plan.tile = choose_tile(shape, machine.multiprocessors);
  const auto& tile = kPointwiseTiles[plan.tile];
  plan.row_tiles = ceil_div(shape.rows, tile.rows());
  plan.pixel_tiles = ceil_div(shape.pixels, tile.pixels());
  const int64_t tiles = plan.pixel_tiles * shape.batch;
  const int64_t chunks = chunks_of(shape.columns);

  const auto walkers = [&](int64_t shared_bytes) {
    const int64_t fit = machine.shared_a_multiprocessor / (shared_bytes + kReservedBytes);
    const int64_t blocks = std::clamp<int64_t>(fit, 1, tile.blocks) * machine.multiprocessors;
    const int64_t most = std::clamp<int64_t>(blocks / plan.row_tiles, 1, std::max<int64_t>(tiles, 1));
    const int64_t rounds = std::max<int64_t>(1, ceil_div(tiles, most));
    return ceil_div(tiles, rounds);  // as many tiles to each, or one fewer
  };
  const int64_t kept = pointwise_shared_bytes(tile, shape.element, chunks);
  const int64_t streamed =
      pointwise_shared_bytes(tile, shape.element, std::min<int64_t>(kPointwiseStages, chunks));
  const bool fits =
      kept + kReservedBytes <= machine.shared_a_multiprocessor / 2 && kept <= machine.shared_a_block;
  plan.keep_weights = chunks <= kPointwiseStages || (fits && tiles > walkers(kept));
  plan.shared_bytes = plan.keep_weights ? kept : streamed;
  plan.walkers = walkers(plan.shared_bytes);
  return plan;
}

}  // namespace ablate::kernels::cuda::general
