#include "ablate/kernels/cuda/cuda_block.hpp"

#include "ablate/kernels/cuda/adjustment.hpp"

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>

#include <mutex>
#include <unordered_map>

namespace ablate::kernels {
namespace {

using namespace cuda;

Planes planes_of(const at::Tensor& tensor, int64_t channels, const ChannelMap& map = {}) {
  const int64_t area = tensor.size(2) * tensor.size(3);
  auto* data =
      static_cast<char*>(tensor.data_ptr()) + map.first * area * static_cast<int64_t>(tensor.element_size());
  return {channels > 0 ? data : nullptr, tensor.size(1) * area, map.step * area};
}

ConstPlanes constant(const Planes& planes) {
  return {planes.data, planes.sample_stride, planes.channel_stride};
}

/// A launch's place among those that were planned.
struct Key {
  int64_t batch, height, width;
  bool aligned;

  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::size_t hash = key.aligned;
    for (const int64_t value : {key.batch, key.height, key.width})
      hash = hash * 1000003 + static_cast<std::size_t>(value);
    return hash;
  }
};

/// What runs for one shape.
struct Route {
  std::optional<OncePlan> once;
  std::optional<ResidentPlan> resident;
  std::optional<MixingPlan> mixing;
  std::optional<WarpgroupPlan> warpgroups;
  std::optional<Meetings> meetings;
  std::optional<WarpgroupPlan> adjust_active, adjust_passive;
};

void check(cudaError_t error) { C10_CUDA_CHECK(error); }

}  // namespace

struct CudaBlock::Packed : cuda::PackedBlock {
  using PackedBlock::PackedBlock;

  at::Tensor run(const at::Tensor& input);

  std::mutex mutex;
  std::unordered_map<Key, Route, KeyHash> routes;
  /// A launch stands between the packing and any that is still to come.
  bool settled = false;

  /// When a call's first launch may begin: with weights that are known to be there, early.
  Begin begins(cudaStream_t stream);

  struct Call;
  Route& route(const Key& key, const Call& call);
  void run_general(const Call& call) const;
};

/// One call's tensors, and its problem as the kernels have it.
struct CudaBlock::Packed::Call {
  Call(const PackedBlock& block, const at::Tensor& input_, cudaStream_t stream_)
      : input(input_), stream(stream_), batch(input.size(0)), area(input.size(2) * input.size(3)) {
    output = at::empty({batch, block.out_channels, input.size(2), input.size(3)}, input.options());
    lay_out(block);
    DepthwiseGate& g = mixing.gate;
    g.element = block.element;
    g.batch = static_cast<int>(batch);
    g.height = static_cast<int>(input.size(2)), g.width = static_cast<int>(input.size(3));
    g.kernel = block.kernel, g.active = block.active, g.passive = passive;
    g.basis_width = block.basis_width;
    g.source = source;
    g.passed = passed;
    g.weights = block.filters.data_ptr<float>();
    g.rows = block.rows.data_ptr<float>(), g.row_floats = static_cast<int>(block.rows.size(1));
    if (block.gain_rows.defined()) g.gain_rows = block.gain_rows.data_ptr<float>();
    if (block.toeplitz.defined()) g.toeplitz = static_cast<const ToeplitzKernel*>(block.toeplitz.data_ptr());
    g.gain_floats = block.gain_floats, g.shifts = block.has_shift;
    if (block.has_gate) {
      g.basis = block.basis.data_ptr<float>(), g.scale = block.scale.data_ptr<float>();
      if (block.has_shift) g.shift = block.shift.data_ptr<float>();
    }
    if (block.mixes) {
      mixing.output = planes_of(output, block.out_channels);
      mixing.channels = block.out_channels;
      mixing.relu = block.mix_relu;
      mixing.mix = block.mix.data_ptr<float>(), mixing.mix_bias = block.mix_bias.data_ptr<float>();
    } else {
      g.active_out = planes_of(output, block.active, block.active_out);
      g.passive_out = planes_of(output, passive, block.passive_out);
    }
  }

  /// The pointwise convolutions before the depthwise one, where the block has them. The passive channels'
  /// first: it is the other's results that what follows always waits for.
  void adjust(const PackedBlock& block, const Route& route, Begin begin) const {
    const auto launch = [&](const Adjustment& by, const auto& plan, Overlap overlap) {
      check(launch_adjustment(by, plan, block.machine, overlap, stream));
    };
    if (adjust_passive) launch(*adjust_passive, route.adjust_passive, {begin, Next::at_once});
    if (adjust_passive && block.overlaps) begin = Begin::beside;
    if (adjust_active)
      launch(*adjust_active, route.adjust_active,
             {begin, block.mixes && !adjust_passive ? Next::at_once : Next::at_end});
  }

  at::Tensor input, output, adjusted;
  cudaStream_t stream;
  int64_t batch, area;
  int passive = 0;  ///< channels that pass here; 0 where their convolution writes them into the output
  ConstPlanes source, passed;
  std::optional<Adjustment> adjust_active, adjust_passive;
  Mixing mixing;

 private:
  void lay_out(const PackedBlock& block) {
    passive = block.passive;
    source = constant(planes_of(input, block.active, block.active_in));
    passed = constant(planes_of(input, block.passive, block.passive_in));
    if (!block.adjust_active) return;
    const bool both = block.mixes && block.adjusts_passive;  // to be mixed: one tensor for both
    adjusted = at::empty({batch, block.active + (both ? block.passive : 0), input.size(2), input.size(3)},
                         input.options());
    const auto active_to = planes_of(adjusted, block.active);
    adjust_active = adjustment(block, *block.adjust_active, active_to);
    source = constant(active_to);
    if (!block.adjusts_passive) return;
    Planes passive_to;  // where their convolution writes
    if (both) {
      passive_to = planes_of(adjusted, block.passive, {block.active, 1});
      passed = constant(passive_to);
    } else {
      passive_to = planes_of(output, block.passive, block.passive_out);
      passive = 0;
    }
    if (block.adjust_passive) adjust_passive = adjustment(block, *block.adjust_passive, passive_to);
  }

  Adjustment adjustment(const PackedBlock& block, const PackedPointwise& by, const Planes& to) const {
    return {&by,
            block.element,
            static_cast<int>(batch),
            static_cast<int>(input.size(2)),
            static_cast<int>(input.size(3)),
            constant(planes_of(input, by.columns, {by.from, 1})),
            to};
  }
};

Route& CudaBlock::Packed::route(const Key& key, const Call& call) {
  const auto [at, fresh] = routes.try_emplace(key);
  Route& route = at->second;
  if (!fresh) return route;
  const Device device{static_cast<int>(machine.multiprocessors), major};
  const Mixing& problem = call.mixing;
  if (call.adjust_active) route.adjust_active = choose_adjustment(*call.adjust_active, *this, device);
  if (call.adjust_passive) route.adjust_passive = choose_adjustment(*call.adjust_passive, *this, device);
  const auto take = [&](auto& place, const auto& plan) {
    place = plan;
    route.meetings.emplace(plan.words(problem.gate), static_cast<std::size_t>(plan.grid));
  };
  if (mixes) {
    const auto warpgroups = warpgroup_mix.defined() ? choose_warpgroup(problem, device) : std::nullopt;
    const auto warps = choose_mixing(problem, device);
    const auto cycles = [&](const auto& plan) { return estimate(*plan, problem, device).total(); };
    if (warpgroups && (!warps || cycles(warpgroups) <= cycles(warps)))
      take(route.warpgroups, *warpgroups);
    else if (warps)
      take(route.mixing, *warps);
  } else {
    const auto once = choose_once(problem.gate, device);
    const auto rounds = choose_resident(problem.gate, device);
    const auto cycles = [&](const auto& plan) { return estimate(*plan, problem.gate, device).total(); };
    if (once && (!rounds || cycles(once) <= cycles(rounds)))
      take(route.once, *once);
    else if (rounds)
      take(route.resident, *rounds);
  }
  return route;
}

Begin CudaBlock::Packed::begins(cudaStream_t stream) {
  if (!overlaps) return Begin::behind;
  if (settled) return Begin::early;
  auto status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &status));
  settled = status == cudaStreamCaptureStatusNone;  // what is captured may be launched at any time
  return Begin::behind;
}

at::Tensor CudaBlock::Packed::run(const at::Tensor& input) {
  const auto stream = c10::cuda::getCurrentCUDAStream(input.device().index()).stream();
  if (input.numel() == 0)
    return at::empty({input.size(0), out_channels, input.size(2), input.size(3)}, input.options());
  const Call call(*this, input, stream);
  const std::lock_guard lock(mutex);
  const bool aligned = reinterpret_cast<std::uintptr_t>(input.data_ptr()) % 16 == 0;
  Route& chosen = route({call.batch, input.size(2), input.size(3), aligned}, call);
  Begin begin = begins(stream);
  call.adjust(*this, chosen, begin);
  if (adjust_active && overlaps) begin = Begin::early;
  if (chosen.mixing)
    check(launch_mixing(*chosen.mixing, call.mixing, chosen.meetings->of(stream, input.options()), stream,
                        begin));
  else if (chosen.warpgroups)
    check(launch_warpgroup(*chosen.warpgroups, call.mixing, warpgroup_weights(),
                           chosen.meetings->of(stream, input.options()), stream,
                           {begin, chosen.warpgroups->next}));
  else if (chosen.once)
    check(launch_once(*chosen.once, call.mixing.gate, chosen.meetings->of(stream, input.options()), stream,
                      begin));
  else if (chosen.resident)
    check(launch_resident(*chosen.resident, call.mixing.gate, chosen.meetings->of(stream, input.options()),
                          stream, begin));
  else
    run_general(call);
  return call.output;
}

/// Depthwise convolution, gate, then either the mixing or the scaling: for what no block of blocks can hold.
void CudaBlock::Packed::run_general(const Call& call) const {
  const DepthwiseGate& g = call.mixing.gate;
  const auto floats = call.input.options().dtype(at::kFloat);
  at::Tensor y;
  general::DepthwiseCall depthwise;
  depthwise.element = element;
  depthwise.kernel_size = kernel;
  depthwise.batch = call.batch, depthwise.channels = active, depthwise.height = g.height,
  depthwise.width = g.width;
  depthwise.x = g.source;
  depthwise.filters = g.weights;
  depthwise.y = g.active_out;
  if (mixes) {
    y = at::empty({call.batch, active, g.height, g.width}, call.input.options());
    depthwise.y = planes_of(y, active);
  }
  const auto sums_a_channel = general::depthwise_sums(depthwise, machine);
  at::Tensor sums, gates;
  general::GateCall gate;
  if (has_gate) {
    sums = at::empty({call.batch * active * sums_a_channel}, floats);
    gates = at::empty({2, call.batch, active}, floats);
    depthwise.sums = sums.data_ptr<float>();
    gate.batch = call.batch, gate.channels = active, gate.num_basis = num_basis;
    gate.sums_a_channel = sums_a_channel, gate.pixels = call.area;
    gate.sums = sums.data_ptr<float>();
    gate.basis = general_basis.data_ptr<float>(), gate.scale = general_scale.data_ptr<float>();
    gate.scale_out = gates.data_ptr<float>();
    if (has_shift)
      gate.shift = general_shift.data_ptr<float>(), gate.shift_out = gate.scale_out + call.batch * active;
  }
  check(general::launch_depthwise(depthwise, machine, call.stream));
  if (has_gate) check(general::launch_gate(gate, call.stream));
  if (mixes) {
    general::PointwiseCall mix_call;
    mix_call.element = element;
    mix_call.batch = call.batch, mix_call.pixels = call.area;
    mix_call.rows = out_channels, mix_call.columns = active + passive, mix_call.first_columns = active;
    mix_call.first = constant(depthwise.y), mix_call.second = g.passed;
    mix_call.weight = general_mix.weight.data_ptr(), mix_call.bias = mix_bias.data_ptr<float>();
    mix_call.scale = gate.scale_out, mix_call.shift = gate.shift_out;
    mix_call.relu = mix_relu;
    mix_call.output = call.mixing.output;
    check(general::launch_pointwise(mix_call, machine, call.stream));
    return;
  }
  if (!has_gate && call.passive == 0) return;
  general::ApplyCall apply;
  apply.element = element;
  apply.batch = call.batch, apply.pixels = call.area;
  apply.active = has_gate ? active : 0, apply.passive = call.passive;
  apply.y = constant(depthwise.y), apply.active_out = depthwise.y;
  apply.scale = gate.scale_out, apply.shift = gate.shift_out;
  apply.passive_in = g.passed, apply.passive_out = g.passive_out;
  check(general::launch_apply(apply, call.stream));
}

std::optional<std::string> CudaBlock::refuses(const BlockParts& parts) {
  const auto k = parts.kernel_size();
  if (k != 1 && k != 3 && k != 5 && k != 7 && k != 9)
    return fmt::format("kernel size {}: 1, 3, 5, 7 and 9 have one", k);
  if (parts.num_basis() > 8192)
    return fmt::format("{} coefficients: at most 8192 have one", parts.num_basis());
  return std::nullopt;
}

CudaBlock::CudaBlock(const BlockParts& parts) : packed_(std::make_unique<Packed>(parts)) {}
CudaBlock::~CudaBlock() = default;
CudaBlock::CudaBlock(CudaBlock&&) noexcept = default;
CudaBlock& CudaBlock::operator=(CudaBlock&&) noexcept = default;

at::Tensor CudaBlock::operator()(const at::Tensor& input) const { return packed_->run(input); }

Scheme CudaBlock::scheme(const ImageShape& shape) const {
  const auto options = at::TensorOptions().device(packed_->filters.device()).dtype(packed_->dtype);
  const auto input = at::empty({shape.batch, packed_->in_channels, shape.height, shape.width}, options);
  const auto stream = c10::cuda::getCurrentCUDAStream(input.device().index()).stream();
  if (input.numel() == 0) return {"none", "an empty input"};
  const Packed::Call call(*packed_, input, stream);
  const std::lock_guard lock(packed_->mutex);
  const Route& chosen = packed_->route({shape.batch, shape.height, shape.width, true}, call);
  const std::string before = !packed_->adjust_active ? ""
                             : chosen.adjust_active  ? "pointwise by warp-groups first, then "
                                                     : "pointwise first, then ";
  if (chosen.mixing) return {before + "mixing in one launch", describe(*chosen.mixing)};
  if (chosen.warpgroups)
    return {before + "mixing in one launch, by warp-groups", describe(*chosen.warpgroups)};
  if (chosen.once) return {before + "resident in one launch", describe(*chosen.once)};
  if (chosen.resident) return {before + "resident in one launch, in rounds", describe(*chosen.resident)};
  return {before + "general, three launches",
          packed_->num_basis > most_basis && packed_->mixes
              ? fmt::format("{} coefficients: one launch takes at most {}", packed_->num_basis, most_basis)
          : packed_->mixes ? "one launch would take longer, or its blocks cannot hold a sample"
                           : "no kernel's blocks can hold a sample at one time"};
}

}  // namespace ablate::kernels
