#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/mixing.hpp"

namespace ablate::kernels::cuda {

std::optional<MixingPlan> plan_mixing(const MixingInstance& t, const Mixing& problem, int multiprocessors) {
  const DepthwiseGate& p = problem.gate;
  if (t.element != p.element || t.kernel != p.kernel || (t.boxes && !boxable(p)) || p.batch < 1 || p.basis_width > 32)
    return std::nullopt;
  MixingPlan plan;
  plan.instance = &t;
  plan.tiles_x = ceil_div(p.width, t.tile_width);
  const int64_t blocks = static_cast<int64_t>(plan.tiles_x) * ceil_div(p.height, t.tile_height);
  plan.shared_bytes = t.shared_bytes(p.active, p.basis_width);
  const int at_once = capacity(t.function, t.threads, plan.shared_bytes, multiprocessors);
  if (blocks > at_once) return std::nullopt;
  plan.blocks = static_cast<int>(blocks);
  plan.rounds = ceil_div(p.batch, std::min(at_once / plan.blocks, p.batch));
  plan.samples = ceil_div(p.batch, plan.rounds);
  plan.grid = plan.blocks * plan.samples;
  return plan;
}

cudaError_t launch_mixing(const MixingPlan& plan, const Mixing& problem, const Rendezvous& meeting, cudaStream_t stream) {
  const MixingInstance& t = *plan.instance;
  const DepthwiseGate& p = problem.gate;
  const int lanes = t.tile_width / 4 * (t.tile_height / t.rows);
  CUtensorMap map{};
  if (t.boxes &&
      encode_source(&map, p, t.tile_width + 8, t.tile_height + t.kernel - 1, t.threads / lanes) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  MixingArguments arguments{};
  arguments.mixing = problem, arguments.meeting = meeting;
  arguments.tiles_x = plan.tiles_x, arguments.blocks = plan.blocks, arguments.samples = plan.samples;
  arguments.planes = static_cast<int>(p.source.sample_stride / std::max<int64_t>(1, p.source.channel_stride));
  arguments.inverse_area = static_cast<float>(1.0 / (static_cast<double>(p.height) * p.width));
  arguments.wide = wide(p) && aligned_for_fours(problem.output.data, problem.output.sample_stride, p.element);
  void* values[] = {&map, &arguments};
  return launch_together(t.function, dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(plan.samples)),
                         t.threads, plan.shared_bytes, values, stream);
}

}  // namespace ablate::kernels::cuda
