#include "ablate/kernels/cuda/depthwise_tiles.hpp"

#include <algorithm>

namespace ablate::kernels {
namespace {

constexpr int kReservedBytes = 1024;  // of shared memory, by the driver, a block

int narrowest_cover(int64_t width) {
  int best = 1;
  for (int tile = 2; tile < kDepthwiseTileCount; ++tile) {
    const auto covered = [&](int candidate) {
      const int64_t step = kDepthwiseTiles[candidate].width;
      return ceil_div(width, step) * step;
    };
    if (covered(tile) < covered(best) && (tile == 2 || width <= kDepthwiseTiles[tile].width)) best = tile;
  }
  return best;
}

void lay(const DepthwiseShape& shape, DepthwisePlan& plan) {
  const auto& tile = kDepthwiseTiles[plan.tile];
  plan.tiles_across = ceil_div(shape.width, tile.width);
  plan.tiles_down = ceil_div(shape.height, tile.height());
  plan.channel_groups = ceil_div(shape.channels, tile.planes);
  plan.tiles = shape.batch * plan.channel_groups * plan.tiles_a_plane();
}

}  // namespace

DepthwisePlan plan_depthwise(const DepthwiseShape& shape, const Machine& machine) {
  DepthwisePlan plan;
  plan.tile = narrowest_cover(shape.width);
  if (plan.tile == 1 && shape.height > 32 && shape.kernel_size >= 5) {
    plan.tile = 0;
    lay(shape, plan);
    if (plan.tiles < 4 * machine.multiprocessors) plan.tile = 1;
  }
  lay(shape, plan);
  const auto& tile = kDepthwiseTiles[plan.tile];
  plan.shared_bytes =
      depthwise_shared_bytes(tile, shape.kernel_size, static_cast<int>(size_of(shape.element)));
  const int64_t fit = machine.shared_a_multiprocessor / (plan.shared_bytes + kReservedBytes);
  const int64_t most = depthwise_blocks(tile, shape.kernel_size);
  const int64_t blocks = std::clamp<int64_t>(fit, 1, most) * machine.multiprocessors;
  const int64_t rounds = std::max<int64_t>(1, ceil_div(plan.tiles, blocks));
  plan.walkers = ceil_div(plan.tiles, rounds);  // as many tiles to each, or one fewer
  return plan;
}

}  // namespace ablate::kernels
