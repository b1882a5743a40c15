#include "ablate/kernels/cuda/packed.hpp"

#include "ablate/kernels/cuda/describe.hpp"
#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

#include <bit>
#include <cstring>

namespace ablate::kernels::cuda {
namespace {

constexpr int64_t most_chunk = 256;  // channels that one box may read, the last of them beyond the block's

Element element_of(at::ScalarType dtype) {
  if (dtype == at::kHalf) return Element::float16;
  return dtype == at::kBFloat16 ? Element::bfloat16 : Element::float32;
}

at::Tensor as_float(const at::Tensor& tensor) { return tensor.detach().to(at::kFloat).contiguous(); }

/// [rows, k] as [rows, width], zeros to the right.
at::Tensor padded(const at::Tensor& rows, int64_t width) {
  return at::constant_pad_nd(as_float(rows), {0, width - rows.size(1)}).contiguous();
}

at::Tensor packed_filters(const BlockParts& parts) {
  const auto taps = padded_taps(static_cast<int>(parts.kernel_size()));
  const auto rows = at::cat({as_float(parts.depthwise_weight).reshape({parts.active, -1}),
                             as_float(parts.depthwise_bias).unsqueeze(1)},
                            1);
  return at::constant_pad_nd(rows, {0, taps - rows.size(1), 0, most_chunk}).contiguous();
}

/// Each channel's kernel as the tensor cores take it: see toeplitz.hpp.
at::Tensor packed_toeplitz(const BlockParts& parts) {
  constexpr int64_t zero = 49;  // a column of its own
  std::vector<int64_t> order;
  for (int ky = 0; ky < 7; ++ky)
    for (int lane = 0; lane < 32; ++lane)
      for (int element = 0; element < 4; ++element) {
        const int tap = toeplitz_tap(lane, element);
        order.push_back(tap < 0 ? zero : ky * 7 + tap);
      }
  const auto& weight = parts.depthwise_weight;
  const auto kernels = at::constant_pad_nd(weight.detach().reshape({parts.active, 49}), {0, 1});
  const auto taps = kernels.index_select(1, at::tensor(order, at::kLong).to(weight.device())).contiguous();
  const auto bias = at::constant_pad_nd(as_float(parts.depthwise_bias).unsqueeze(1), {0, 3}).contiguous();
  const auto packed = at::cat({taps.view(at::kByte), bias.view(at::kByte)}, 1);
  TORCH_INTERNAL_ASSERT(packed.size(1) == sizeof(ToeplitzKernel));
  return packed;
}

/// rows . basis, what a channel's row makes of each channel's mean, [active, width] with zeros to the right.
at::Tensor products(const at::Tensor& rows, const at::Tensor& basis, int64_t width) {
  return padded(at::matmul(rows.detach().to(at::kDouble), basis.detach().to(at::kDouble)), width);
}

/// Side by side, as far as they are defined.
at::Tensor joined(std::vector<at::Tensor> parts) {
  std::erase_if(parts, [](const at::Tensor& part) { return !part.defined(); });
  return at::cat(parts, 1).contiguous();
}

/// In the order in which the tensor cores take them.
at::Tensor packed_mix(const Pointwise& mix, int active, int passive) {
  const auto channels = static_cast<int>(mix.weight.size(0));
  const auto weight = as_float(mix.weight).cpu();
  auto packed = at::zeros({packed_mix_floats(channels, active, passive)}, weight.options());
  const float* from = weight.data_ptr<float>();
  float* to = packed.data_ptr<float>();
  for (int m = 0; m < channels; ++m)
    for (int k = 0; k < active + passive; ++k) to[packed_mix_index(m, k, channels, active)] = *from++;
  return packed.to(mix.weight.device());
}

/// For warp-groups: see warpgroup_weights.hpp.
at::Tensor packed_for_warpgroups(const Pointwise& mix, at::ScalarType dtype, int active, int passive) {
  const auto bias = mix.bias.defined() ? as_float(mix.bias).cpu() : at::Tensor();
  const float* biases = bias.defined() ? bias.data_ptr<float>() : nullptr;
  const auto channels = static_cast<int>(mix.weight.size(0));
  const auto weight = mix.weight.detach().to(dtype).cpu().contiguous();
  auto packed = dtype == at::kFloat
                    ? warpgroup_mix(weight.data_ptr<float>(), biases, channels, active, passive)
                    : warpgroup_mix_halves(static_cast<const uint16_t*>(weight.data_ptr()), biases, channels,
                                           active, passive);
  // Bits, for in 16-bit elements not all are numbers.
  auto copied = at::empty({static_cast<int64_t>(packed.size())}, weight.options().dtype(at::kFloat));
  std::memcpy(copied.data_ptr(), packed.data(), packed.size() * sizeof(float));
  return copied.to(mix.weight.device());
}

PackedPointwise packed_pointwise(const Pointwise& by) {
  PackedPointwise packed{by.weight.size(0), by.weight.size(1), by.from, by.relu, {}, {}, {}};
  const auto weight = by.weight.detach().contiguous();
  const auto element = element_of(weight.scalar_type());
  packed.weight = at::empty({general::packed_weight_bytes(packed.rows, packed.columns, element)},
                            weight.options().dtype(at::kByte));
  if (by.bias.defined()) packed.bias = as_float(by.bias);
  const auto stream = c10::cuda::getCurrentCUDAStream(weight.device().index()).stream();
  C10_CUDA_CHECK(general::launch_pack_weight(weight.data_ptr(), packed.columns, packed.rows, packed.columns,
                                             element, packed.weight.data_ptr(), stream));
  return packed;
}

/// Before the depthwise convolution; `warpgroups`: the device may compute it so.
PackedPointwise packed_adjustment(const Pointwise& by, bool warpgroups) {
  auto packed = packed_pointwise(by);
  if (warpgroups)
    packed.warpgroups =
        packed_for_warpgroups(by, by.weight.scalar_type(), 0, static_cast<int>(packed.columns));
  return packed;
}

/// Two that read the same channels, one above the other.
std::optional<Pointwise> stacked(const std::optional<Pointwise>& a, const std::optional<Pointwise>& b) {
  if (!a || !b || a->from != b->from || a->relu != b->relu || a->weight.size(1) != b->weight.size(1) ||
      a->bias.defined() != b->bias.defined())
    return std::nullopt;
  Pointwise both = *a;
  both.weight = at::cat({a->weight, b->weight});
  if (a->bias.defined()) both.bias = at::cat({a->bias, b->bias});
  return both;
}

}  // namespace

PackedBlock::PackedBlock(const BlockParts& parts)
    : dtype(parts.depthwise_weight.scalar_type()),
      element(element_of(dtype)),
      in_channels(parts.in_channels),
      out_channels(static_cast<int>(parts.out_channels)),
      active(static_cast<int>(parts.active)),
      passive(static_cast<int>(parts.passive)),
      kernel(static_cast<int>(parts.kernel_size())),
      num_basis(static_cast<int>(parts.num_basis())),
      has_gate(parts.basis.defined()),
      has_shift(parts.shift.defined()),
      mixes(parts.mix.has_value()),
      active_in(parts.active_in),
      passive_in(parts.passive_in),
      active_out(parts.active_out),
      passive_out(parts.passive_out) {
  const c10::AutoGradMode no_grad(false);
  const int device = parts.depthwise_weight.device().index();
  C10_CUDA_CHECK(general::describe(device, machine));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  overlaps = launches_overlap();
  filters = packed_filters(parts);
  if (has_gate) {
    basis_width = std::max(4, static_cast<int>(std::bit_ceil(static_cast<unsigned>(num_basis))));
    basis = padded(parts.basis.t(), basis_width);
    scale = padded(parts.scale, basis_width);
    if (has_shift) shift = padded(parts.shift, basis_width);
    general_basis = as_float(parts.basis), general_scale = as_float(parts.scale);
    if (has_shift) general_shift = as_float(parts.shift);
  }
  const auto own = filters.narrow(0, 0, active);
  rows = joined({own, basis, scale, shift});
  at::Tensor gains, offsets;
  if (has_gate && active <= most_gains) {
    gain_floats = (active + 3) / 4 * 4;
    gains = products(parts.scale, parts.basis, gain_floats);
    if (has_shift) offsets = products(parts.shift, parts.basis, gain_floats);
  }
  if (!has_gate || gains.defined()) gain_rows = joined({own, gains, offsets});
  if (!mixes && kernel == 7 && element != Element::float32) toeplitz = packed_toeplitz(parts);
  if (mixes) {
    mix_relu = parts.mix->relu;
    mix = packed_mix(*parts.mix, active, passive);
    if (major == 9 && kernel == 7) {
      warpgroup_filters = joined({own, basis});
      if (has_gate) warpgroup_gates = joined({scale, shift});
      warpgroup_mix = packed_for_warpgroups(*parts.mix, dtype, active, passive);
    }
    general_mix = packed_pointwise(*parts.mix);
    const auto bias =
        parts.mix->bias.defined() ? as_float(parts.mix->bias) : at::zeros({out_channels}, filters.options());
    mix_bias = at::constant_pad_nd(bias, {0, row_tiles(out_channels) * 16 - out_channels}).contiguous();
  }
  const auto both = mixes ? stacked(parts.adjust_active, parts.adjust_passive) : std::nullopt;
  adjusts_passive = parts.adjust_passive.has_value();
  if (parts.adjust_active) adjust_active = packed_adjustment(both ? *both : *parts.adjust_active, major == 9);
  if (parts.adjust_passive && !both) adjust_passive = packed_adjustment(*parts.adjust_passive, major == 9);
}

WarpgroupWeights PackedBlock::warpgroup_weights() const {
  return {warpgroup_filters.data_ptr<float>(), has_gate ? warpgroup_gates.data_ptr<float>() : nullptr,
          warpgroup_mix.data_ptr<float>()};
}

}  // namespace ablate::kernels::cuda
