#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/mixing.hpp"

namespace ablate::kernels::cuda {
std::span<const MixingInstance> mixing_instances() {
  static const auto all = [] {
    std::vector<MixingInstance> list;
    add_mixing_float32(list), add_mixing_float16(list), add_mixing_bfloat16(list), add_mixing_kernels(list);
    return list;
  }();
  return all;
}

std::optional<MixingPlan> plan_mixing(const MixingInstance& t, const Mixing& problem, int multiprocessors) {
  const DepthwiseGate& p = problem.gate;
  if (t.element != p.element || t.kernel != p.kernel || (t.boxes && !boxable(p)) || p.batch < 1 ||
      p.basis_width > most_basis)
    return std::nullopt;
  MixingPlan plan;
  plan.instance = &t;
  plan.tiles_x = ceil_div(p.width, t.tile_width);
  const int64_t blocks = static_cast<int64_t>(plan.tiles_x) * ceil_div(p.height, t.tile_height);
  const MixingShape shape{p.active, p.passive, problem.channels, p.basis_width};
  for (const bool overlay : {false, true}) {
    const MixingMemory memory = t.memory(shape, overlay);
    const int at_once = capacity(t.function, t.threads, memory.total, multiprocessors);
    const auto arrangement = arrange(blocks, at_once, p.batch);
    if (!arrangement) continue;
    static_cast<Arrangement&>(plan) = *arrangement;
    plan.shared_bytes = memory.total, plan.overlay = overlay;
    // What takes the tiles' place must fit there, and no tile of another round may be under way.
    const bool fits = memory.results >= (p.active + 7) / 8 * row_tiles(problem.channels) * 512;
    if (!overlay || (t.keeps_weights && plan.rounds == 1 && fits)) return plan;
  }
  return std::nullopt;
}

cudaError_t launch_mixing(const MixingPlan& plan, const Mixing& problem, const Rendezvous& meeting,
                          cudaStream_t stream, Begin begin) {
  const MixingInstance& t = *plan.instance;
  const DepthwiseGate& p = problem.gate;
  CUtensorMap map{};
  if (t.boxes && encode_source(&map, p, t.in_width, t.tile_height + t.kernel - 1, t.chunk) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  MixingArguments arguments{};
  arguments.mixing = problem, arguments.meeting = meeting;
  arguments.tiles_x = plan.tiles_x, arguments.blocks = plan.blocks, arguments.samples = plan.samples;
  arguments.planes = source_planes(p);
  while ((1 << arguments.width_log2) < p.basis_width) ++arguments.width_log2;
  arguments.inverse_area = inverse_area(p);
  arguments.wide = wide(p) && aligned_for_fours(problem.output.data, problem.output.sample_stride, p.element);
  arguments.overlay = plan.overlay;
  void* values[] = {&map, &arguments};
  const dim3 grid(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(plan.samples));
  return Launch(grid, t.threads, plan.shared_bytes, stream).together().begins(begin).run(t.function, values);
}

}  // namespace ablate::kernels::cuda
