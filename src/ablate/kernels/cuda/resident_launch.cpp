#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/resident.hpp"

namespace ablate::kernels::cuda {

std::span<const ResidentInstance> resident_instances() {
  static const auto all = [] {
    std::vector<ResidentInstance> list;
    add_resident_float32(list), add_resident_float16(list), add_resident_bfloat16(list),
        add_resident_tensor(list), add_resident_kernels(list);
    return list;
  }();
  return all;
}

std::optional<ResidentPlan> plan_resident(const ResidentInstance& t, const DepthwiseGate& p, int units,
                                          int slots, int multiprocessors) {
  if (t.element != p.element || t.kernel != p.kernel || units < 1 || units > most_units || slots < units ||
      (slots > units && !t.tended) || p.basis_width > most_basis || (p.passive > 0) != t.passes ||
      (t.boxes && !boxable(p)) || (t.on_tensor && !(p.toeplitz && in_whole_vectors(p))) || p.batch < 1)
    return std::nullopt;
  ResidentPlan plan;
  plan.instance = &t;
  plan.tiles_x = ceil_div(p.width, t.tile_width);
  plan.tiles = plan.tiles_x * ceil_div(p.height, t.tile_height);
  plan.units = units, plan.slots = slots;
  plan.shared_bytes = t.groups * t.group_bytes(units, plan.slots, p.basis_width);
  const int64_t blocks =
      general::ceil_div(static_cast<int64_t>(p.active) * plan.tiles, static_cast<int64_t>(t.groups) * units);
  const int at_once = capacity(t.function, t.threads, plan.shared_bytes, multiprocessors);
  const auto arrangement = arrange(blocks, at_once, p.batch);
  if (!arrangement) return std::nullopt;
  static_cast<Arrangement&>(plan) = *arrangement;
  return plan;
}

cudaError_t launch_resident(const ResidentPlan& plan, const DepthwiseGate& p, const Rendezvous& meeting,
                            cudaStream_t stream, Begin begin) {
  const ResidentInstance& t = *plan.instance;
  CUtensorMap map{};
  const int box_width = t.box_width > 0 ? t.box_width : t.tile_width + 32 / bytes_of(p.element);
  if (t.boxes && encode_source(&map, p, box_width, t.tile_height + t.kernel - 1, 1) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  ResidentArguments arguments{};
  arguments.gate = p, arguments.meeting = meeting;
  arguments.tiles_x = plan.tiles_x, arguments.tiles = plan.tiles, arguments.units = plan.units;
  arguments.slots = plan.slots;
  arguments.blocks = plan.blocks, arguments.samples = plan.samples;
  arguments.inverse_area = inverse_area(p);
  arguments.by_tiles = Divisor::of(static_cast<unsigned>(plan.tiles));
  arguments.by_tiles_x = Divisor::of(static_cast<unsigned>(plan.tiles_x));
  while ((1 << arguments.width_log2) < p.basis_width) ++arguments.width_log2;
  arguments.planes = source_planes(p);
  arguments.wide = wide(p);
  arguments.paired = arguments.wide && p.passive > 0 && p.passive == p.active;
  void* values[] = {&map, &arguments};
  const dim3 grid(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(plan.samples));
  return Launch(grid, t.threads, plan.shared_bytes, stream).together().begins(begin).run(t.function, values);
}

}  // namespace ablate::kernels::cuda
