#include "ablate/kernels/cuda/adjustment.hpp"

#include "ablate/kernels/cuda/pointwise_tiles.hpp"

namespace ablate::kernels::cuda {

Mixing Adjustment::mixing() const {
  Mixing m;
  DepthwiseGate& g = m.gate;
  g.element = element;
  g.batch = batch, g.height = height, g.width = width;
  g.active = 0, g.passive = static_cast<int>(by->columns);
  g.basis_width = 0;
  g.source = g.passed = input;
  m.output = output;
  m.channels = static_cast<int>(by->rows);
  m.relu = by->relu;
  return m;
}

std::optional<WarpgroupPlan> choose_adjustment(const Adjustment& adjustment, const PackedBlock& block,
                                               const Device& device) {
  const PackedPointwise& by = *adjustment.by;
  if (!by.warpgroups.defined()) return std::nullopt;
  const int64_t pixels = static_cast<int64_t>(adjustment.height) * adjustment.width;
  if (!block.mixes && !block.adjusts_passive && pixels % 4 == 0) {
    const auto plan = general::plan_pointwise(
        {adjustment.batch, by.rows, by.columns, pixels, adjustment.element}, block.machine);
    const bool one_tile_each = plan.walkers == plan.pixel_tiles * adjustment.batch;
    if (one_tile_each && plan.row_tiles * plan.walkers <= 2 * device.multiprocessors) return std::nullopt;
  }
  return choose_warpgroup(adjustment.mixing(), device);
}

cudaError_t launch_adjustment(const Adjustment& adjustment, const std::optional<WarpgroupPlan>& plan,
                              const general::Machine& machine, Overlap overlap, cudaStream_t stream) {
  const PackedPointwise& by = *adjustment.by;
  if (plan)
    return launch_warpgroup(*plan, adjustment.mixing(), {nullptr, nullptr, by.warpgroups.data_ptr<float>()},
                            {}, stream, overlap);
  general::PointwiseCall call;
  call.element = adjustment.element;
  call.batch = adjustment.batch, call.pixels = static_cast<int64_t>(adjustment.height) * adjustment.width;
  call.rows = by.rows, call.columns = call.first_columns = by.columns;
  call.first = adjustment.input;
  call.weight = by.weight.data_ptr();
  call.bias = by.bias.defined() ? by.bias.data_ptr<float>() : nullptr;
  call.relu = by.relu;
  call.output = adjustment.output;
  call.begin = overlap.begin == Begin::behind ? Begin::behind : Begin::early;
  return general::launch_pointwise(call, machine, stream);
}

}  // namespace ablate::kernels::cuda
