#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/once.hpp"

#include <bit>

namespace ablate::kernels::cuda {
namespace {

constexpr int patience = 40'000;  // cycles: some 20 microseconds, many times what blocks differ by

/// Whether all passive channels, one behind the other, are whole vectors of four.
bool passes_in_fours(const DepthwiseGate& p) {
  return p.height * p.width % 4 == 0 && p.passed.channel_stride % 4 == 0 &&
         p.passive_out.channel_stride % 4 == 0 &&
         aligned_for_fours(p.passed.data, p.passed.sample_stride, p.element) &&
         aligned_for_fours(p.passive_out.data, p.passive_out.sample_stride, p.element);
}

}  // namespace

std::span<const OnceInstance> once_instances() {
  static const auto all = [] {
    std::vector<OnceInstance> list;
    add_once_float32(list), add_once_float16(list), add_once_bfloat16(list), add_once_kernels(list);
    return list;
  }();
  return all;
}

OnceCut once_cut(const OnceInstance& t, const DepthwiseGate& p) {
  return {p.width,          p.height, p.kernel,       p.active, bytes_of(p.element),
          row_floats_of(p), t.rows,   t.most_threads, t.boxes};
}

std::optional<OncePlan> plan_once(const OnceInstance& t, const DepthwiseGate& p, const OnceTiling& tiling,
                                  int multiprocessors) {
  if (t.element != p.element || t.kernel != p.kernel || (p.passive > 0) != t.passes ||
      (t.boxes && !boxable(p)) || p.batch < 1 || !p.gain_rows)
    return std::nullopt;
  OncePlan plan;
  plan.instance = &t, plan.tiling = tiling;
  plan.threads = once_threads(tiling), plan.shared_bytes = once_shared_bytes(tiling, once_cut(t, p));
  const int64_t blocks = static_cast<int64_t>(ceil_div(p.active, tiling.planes)) * tiling.tiles;
  const int at_once = capacity(t.function, plan.threads, plan.shared_bytes, multiprocessors);
  const auto arrangement = arrange(blocks, at_once, p.batch);
  if (!arrangement) return std::nullopt;
  static_cast<Arrangement&>(plan) = *arrangement;
  plan.next = next_of(plan, at_once, multiprocessors);
  return plan;
}

cudaError_t launch_once(const OncePlan& plan, const DepthwiseGate& p, const Rendezvous& meeting,
                        cudaStream_t stream, Begin begin) {
  const OnceInstance& t = *plan.instance;
  CUtensorMap map{};
  if (t.boxes &&
      encode_source(&map, p, plan.tiling.in_width, plan.tiling.in_height, plan.tiling.planes) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  OnceArguments a{};
  a.gate = p, a.meeting = meeting, a.tiling = plan.tiling;
  const auto by = [](int divisor) { return Divisor::of(static_cast<unsigned>(divisor)); };
  a.by_tiles = by(plan.tiling.tiles), a.by_tiles_x = by(plan.tiling.tiles_x),
  a.by_columns = by(plan.tiling.columns);
  a.by_plane_threads = by(plan.tiling.plane_threads);
  a.blocks = plan.blocks, a.patience = patience;
  const int together = std::min(plan.tiling.plane_threads, 32);
  a.together_log2 = std::countr_zero(static_cast<unsigned>(together)),
  a.shares = plan.tiling.plane_threads / together;
  a.row_floats = row_floats_of(p), a.gain_rows = p.gain_rows;
  a.box_bytes = plan.tiling.planes * plan.tiling.in_height * plan.tiling.in_width * bytes_of(p.element);
  a.planes = source_planes(p);
  a.inverse_area = inverse_area(p);
  a.wide = wide(p);
  a.stacked = !a.wide && plan.tiling.tiles_x == 1;
  a.loaded = plan.tiling.tiles_x == 1 ? p.width : plan.tiling.in_width;
  a.source_gap = static_cast<int>(p.source.channel_stride - static_cast<int64_t>(p.height) * p.width);
  a.by_in_row = by(a.wide ? plan.tiling.in_width / 4 : a.loaded);
  a.by_in_height = by(a.wide ? plan.tiling.in_height : p.height);
  a.paired = a.wide && p.passive > 0 && p.passive == p.active;
  a.passing_fours = passes_in_fours(p);
  const int fours = a.passing_fours ? 4 : 1;
  a.by_passing = by(p.height * p.width / fours);
  a.passing = p.passive * p.height * p.width / fours, a.share = ceil_div(a.passing, plan.blocks);
  a.next = plan.next;
  for (a.first_sample = 0; a.first_sample < p.batch; a.first_sample += plan.samples) {
    void* values[] = {&map, &a};
    const dim3 grid(static_cast<unsigned>(plan.blocks),
                    static_cast<unsigned>(std::min(plan.samples, p.batch - a.first_sample)));
    const auto error =
        Launch(grid, plan.threads, plan.shared_bytes, stream).begins(begin).run(t.function, values);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace ablate::kernels::cuda
