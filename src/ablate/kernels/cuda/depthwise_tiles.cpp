#include "ablate/kernels/cuda/depthwise_tiles.hpp"

#include <algorithm>

namespace ablate::kernels::cuda::general {
namespace {

void lay(const DepthwiseShape& shape, DepthwisePlan& plan) {
  const auto& tile = kDepthwiseTiles[plan.tile];
  plan.tiles_across = ceil_div(shape.width, tile.width);
  plan.tiles_down = ceil_div(shape.height, tile.height());
  plan.channel_groups = ceil_div(shape.channels, tile.planes);
  plan.tiles = shape.batch * plan.channel_groups * plan.tiles_a_plane();
}

/// Multiply-adds of all tiles, those of idle pixels too, and what it takes to fetch the tiles with their
/// rims.
int64_t work(const DepthwiseShape& shape, const DepthwisePlan& plan) {
  constexpr int64_t kFetchingAPixel = 5;
  const auto& tile = kDepthwiseTiles[plan.tile];
  const auto stage = DepthwiseStage::of(tile, shape.kernel_size, bytes_of(shape.element));
  const int64_t computed = int64_t{tile.width} * tile.height() * shape.kernel_size * shape.kernel_size;
  return plan.tiles * tile.planes * (computed + kFetchingAPixel * stage.row * stage.rows);
}

DepthwisePlan choose_tile(const DepthwiseShape& shape, int64_t multiprocessors) {
  DepthwisePlan best;
  for (int tile = kDepthwiseTileCount - 1; tile >= 0; --tile) {
    DepthwisePlan plan;
    plan.tile = tile;
    lay(shape, plan);
    const bool tall = kDepthwiseTiles[tile].outputs == 8;
    if (tall && (shape.kernel_size < 5 || plan.tiles < 4 * multiprocessors)) continue;
    if (best.tiles == 0 || work(shape, plan) <= work(shape, best)) best = plan;
  }
  return best;
}

}  // namespace

DepthwisePlan plan_depthwise(const DepthwiseShape& shape, const Machine& machine) {
  auto plan = choose_tile(shape, machine.multiprocessors);
  const auto& tile = kDepthwiseTiles[plan.tile];
  plan.shared_bytes = depthwise_shared_bytes(tile, shape.kernel_size, bytes_of(shape.element));
  const int64_t fit = machine.shared_a_multiprocessor / (plan.shared_bytes + kReservedBytes);
  const int64_t most = depthwise_blocks(tile, shape.kernel_size);
  const int64_t blocks = std::clamp<int64_t>(fit, 1, most) * machine.multiprocessors;
  const int64_t rounds = std::max<int64_t>(1, ceil_div(plan.tiles, blocks));
  plan.walkers = ceil_div(plan.tiles, rounds);  // as many tiles to each, or one fewer
  return plan;
}

}  // namespace ablate::kernels::cuda::general
