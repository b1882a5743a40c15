#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/warpgroup_mixing.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"

namespace ablate::kernels::cuda {
std::span<const WarpgroupInstance> warpgroup_instances() {
  static const auto all = [] {
    std::vector<WarpgroupInstance> list;
    add_warpgroup_float32(list);
    add_warpgroup_float16(list);
    add_warpgroup_bfloat16(list);
    return list;
  }();
  return all;
}

std::optional<WarpgroupPlan> plan_warpgroup(const WarpgroupInstance& t, const Mixing& problem,
                                            int multiprocessors) {
  const DepthwiseGate& p = problem.gate;
  if (t.element != p.element || p.kernel != 7 || p.batch < 1 || p.basis_width > most_basis ||
      (p.active == 0 && (!t.overlaps || t.strips || p.basis_width > 0)))
    return std::nullopt;
  if (t.boxes && (!boxable(p) || !wide(p) ||
                  !aligned_for_fours(problem.output.data, problem.output.sample_stride, p.element)))
    return std::nullopt;
  if (static_cast<int64_t>(p.passive) * p.passed.channel_stride > INT32_MAX) return std::nullopt;
  WarpgroupPlan plan;
  plan.instance = &t;
  plan.tiles_x = ceil_div(p.width, t.tile_width), plan.tiles_y = ceil_div(p.height, t.tile_height);
  plan.share = ceil_div(p.active, t.cluster);
  plan.passes = ceil_div(problem.channels, t.cluster * t.columns);
  // Blocks read whole groups of the weights, beyond the last channel too.
  if (t.cluster * t.columns > warpgroup_spare_groups * warpgroup_eight) return std::nullopt;
  plan.memory =
      t.memory({p.active, p.passive, p.basis_width, plan.share, t.columns * plan.passes, p.shift != nullptr});
  int at_once = capacity(t.function, t.threads, plan.memory.total, multiprocessors);
  if (at_once > 0 && t.cluster > 1)
    at_once = t.cluster * Launch(dim3(static_cast<unsigned>(t.cluster)), t.threads, plan.memory.total)
                              .clusters_of(t.cluster)
                              .clusters_at_once(t.function);
  const int64_t blocks = static_cast<int64_t>(plan.tiles_x) * plan.tiles_y * t.cluster;
  const auto arrangement = arrange(blocks, at_once, p.batch);
  if (!arrangement) return std::nullopt;
  static_cast<Arrangement&>(plan) = *arrangement;
  plan.next = next_of(plan, at_once, multiprocessors);
  plan.sparse = t.cluster == 1 && 2 * plan.grid <= multiprocessors;
  return plan;
}

cudaError_t launch_warpgroup(const WarpgroupPlan& plan, const Mixing& problem,
                             const WarpgroupWeights& weights, const Rendezvous& meeting, cudaStream_t stream,
                             Overlap overlap) {
  const WarpgroupInstance& t = *plan.instance;
  const DepthwiseGate& p = problem.gate;
  CUtensorMap map{};
  if (t.boxes && p.active > 0 && encode_source(&map, p, t.in_width, t.in_height, t.chunk) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  WarpgroupArguments arguments{};
  arguments.mixing = problem, arguments.weights = weights, arguments.meeting = meeting;
  arguments.blocks = plan.blocks, arguments.samples = plan.samples;
  arguments.planes = source_planes(p);
  arguments.share = plan.share, arguments.passes = plan.passes;
  arguments.shifts = p.shift != nullptr;
  arguments.memory = plan.memory;
  arguments.part_floats = warpgroup_part_floats(p.active, p.passive);
  arguments.group_floats = warpgroup_group_floats(p.active, p.passive, bytes_of(p.element));
  arguments.inverse_area = inverse_area(p);
  arguments.overlap = overlap;
  // Blocks that begin at once lie where there is room, several on a multiprocessor where that is on a few
  // alone.
  if (overlap.next == Next::at_end && plan.sparse) arguments.overlap.next = Next::at_once;
  void* values[] = {&map, &arguments};
  const dim3 grid(static_cast<unsigned>(plan.tiles_x * t.cluster), static_cast<unsigned>(plan.tiles_y),
                  static_cast<unsigned>(plan.samples));
  Launch launch(grid, t.threads, plan.memory.total, stream);
  launch.clusters_of(t.cluster).begins(t.overlaps ? overlap.begin : Begin::behind);
  // The blocks of one cluster run at one time by themselves.
  if (p.basis_width > 0 && plan.blocks > t.cluster) launch.together();
  return launch.run(t.function, values);
}

}  // namespace ablate::kernels::cuda
