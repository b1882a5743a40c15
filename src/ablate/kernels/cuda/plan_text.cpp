#include "ablate/kernels/cuda/choose.hpp"

#include <fmt/format.h>

namespace ablate::kernels::cuda {
namespace {

std::string by(bool boxes) { return boxes ? "by the copy engine" : "by cp.async"; }

std::string products_of(const WarpgroupInstance& t) {
  if (t.element == Element::float32) return "three float16 products for one of float32";
  return t.strips ? "one 16-bit product, and the convolution, too, on the tensor cores"
                  : "one 16-bit product";
}

std::string times(int rounds) {
  return rounds == 1 ? std::string("all samples at once") : fmt::format("{} rounds", rounds);
}

}  // namespace

std::string describe(const OncePlan& plan) {
  const OnceTiling& t = plan.tiling;
  return fmt::format(
      "tiles of {} x {} x {} channel{} {}, {} threads a block with {} rows each, {} blocks a sample, {} "
      "blocks in all, "
      "{} KiB of shared memory each, {}",
      4 * t.columns, plan.instance->rows * t.rows, t.planes, t.planes == 1 ? "" : "s",
      by(plan.instance->boxes), plan.threads, plan.instance->rows, plan.blocks, plan.grid,
      plan.shared_bytes / 1024,
      plan.rounds == 1 ? std::string("all samples at once") : fmt::format("{} launches", plan.rounds));
}

std::string describe(const ResidentPlan& plan) {
  const ResidentInstance& t = *plan.instance;
  return fmt::format(
      "tiles of {} x {} {}{}, {} of them a group of {} threads, {} groups a block{}, {} blocks a sample, {} "
      "blocks in all, {} KiB of shared memory each, {}",
      t.tile_width, t.tile_height, by(t.boxes), t.on_tensor ? ", convolved by the tensor cores" : "",
      plan.units, (t.threads - (t.tended ? 32 : 0)) / t.groups, t.groups,
      t.tended ? fmt::format(" and a warp that tends it, room for {} tiles' results", plan.slots) : "",
      plan.blocks, plan.grid, plan.shared_bytes / 1024, times(plan.rounds));
}

std::string describe(const MixingPlan& plan) {
  const MixingInstance& t = *plan.instance;
  return fmt::format(
      "tiles of {} x {} pixels {}, {} channels at a time, {} threads, {} blocks a sample, {} blocks in "
      "all, {} KiB of shared memory each, {}; {}",
      t.tile_width, t.tile_height, by(t.boxes), t.chunk, t.threads, plan.blocks, plan.grid,
      plan.shared_bytes / 1024, times(plan.rounds),
      t.exact ? "three TF32 products for one of float32" : "one TF32 product");
}

std::string describe(const WarpgroupPlan& plan) {
  const WarpgroupInstance& t = *plan.instance;
  return fmt::format(
      "tiles of {} x {} pixels {}, {}, {} output channels a block in {} pass{}, {} threads, {} blocks a "
      "sample, {} blocks in all, {} KiB of shared memory each, {}; {}",
      t.tile_width, t.tile_height, by(t.boxes),
      t.cluster == 1 ? std::string("each a block's") : fmt::format("each shared by {} blocks", t.cluster),
      t.columns * plan.passes, plan.passes, plan.passes == 1 ? "" : "es", t.threads, plan.blocks, plan.grid,
      plan.memory.total / 1024, times(plan.rounds), products_of(t));
}

}  // namespace ablate::kernels::cuda
