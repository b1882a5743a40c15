#pragma once

#include "ablate/kernels/cpu/capability.hpp"
#include "ablate/kernels/cpu/cpu_block.hpp"
#include "ablate/kernels/cpu/image_run.hpp"

#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

/// Parts of the three blocks with random weights, and what ATen gives for them, operation by operation.

namespace ablate::kernels::testing {

/// All that this processor has, or that ATEN_CPU_CAPABILITY leaves.
inline std::vector<Capability> capabilities() {
  std::vector<Capability> all;
  for (const auto capability : {Capability::portable, Capability::avx2, Capability::avx512})
    if (capability <= best_capability()) all.push_back(capability);
  return all;
}

inline at::Tensor channels(const at::Tensor& whole, ChannelMap map, int64_t count) {
  return whole.index_select(1, at::arange(count) * map.step + map.first);
}

inline at::Tensor apply(const Pointwise& pointwise, const at::Tensor& input) {
  const auto read = input.slice(1, pointwise.from, pointwise.from + pointwise.weight.size(1));
  const auto output = at::conv2d(read, pointwise.weight.unsqueeze(-1).unsqueeze(-1), pointwise.bias);
  return pointwise.relu ? output.relu() : output;
}

/// The steps that block_parts.hpp tells.
inline at::Tensor step_by_step(const BlockParts& parts, const at::Tensor& input) {
  const auto source = parts.adjust_active ? apply(*parts.adjust_active, input)
                                          : channels(input, parts.active_in, parts.active);
  const auto passed = parts.adjust_passive ? apply(*parts.adjust_passive, input)
                                           : channels(input, parts.passive_in, parts.passive);
  const auto k = parts.kernel_size();
  auto active =
      at::conv2d(source, parts.depthwise_weight.unsqueeze(1), parts.depthwise_bias, 1, k / 2, 1, parts.active)
          .relu();
  if (parts.basis.defined()) {
    const auto coefficients = active.mean({2, 3}).matmul(parts.basis.t());
    const auto per_channel = [&](const at::Tensor& weight) {
      return coefficients.matmul(weight.t()).unsqueeze(-1).unsqueeze(-1);
    };
    active = active * per_channel(parts.scale).sigmoid();
    if (parts.shift.defined()) active = active + per_channel(parts.shift);
  }
  if (parts.mix) return apply(*parts.mix, at::cat({active, passed}, 1));
  auto output = at::empty({input.size(0), parts.out_channels, input.size(2), input.size(3)});
  output.index_copy_(1, at::arange(parts.active) * parts.active_out.step + parts.active_out.first, active);
  if (parts.passive > 0)
    output.index_copy_(1, at::arange(parts.passive) * parts.passive_out.step + parts.passive_out.first,
                       passed);
  return output;
}

struct Sizes {
  int64_t in = 8, out = 8, kernel = 7, num_basis = 8;
};

inline Pointwise random_pointwise(int64_t rows, int64_t columns, int64_t from = 0, bool normalised = false) {
  Pointwise pointwise{at::randn({rows, columns}) / static_cast<double>(columns), {}, normalised, from};
  if (normalised) pointwise.bias = at::randn({rows}) / 8;
  return pointwise;
}

/// The depthwise convolution and the recalibration of `active` channels; the weights are views of wider
/// tensors.
inline BlockParts random_parts(const Sizes& sizes, int64_t active) {
  BlockParts parts;
  parts.in_channels = sizes.in;
  parts.out_channels = sizes.out;
  parts.active = active;
  parts.passive = sizes.out - active;
  const auto k = sizes.kernel;
  parts.depthwise_weight = (at::randn({active, k, 2 * k}) / static_cast<double>(k)).slice(2, 0, 2 * k, 2);
  parts.depthwise_bias = at::randn({2 * active}).slice(0, 0, 2 * active, 2) / 4;
  if (sizes.num_basis == 0) return parts;
  parts.basis = at::randn({active, sizes.num_basis}).t();
  parts.scale = at::randn({sizes.num_basis, active}).t();
  return parts;
}

inline BlockParts dw_block(const Sizes& sizes) {
  auto parts = random_parts(sizes, sizes.out);
  if (sizes.in != sizes.out) parts.adjust_active = random_pointwise(sizes.out, sizes.in);
  return parts;
}

inline BlockParts stm_block(const Sizes& sizes) {
  const auto half_in = sizes.in / 2, half = sizes.out / 2;
  auto parts = random_parts(sizes, half);
  parts.active_in = {half_in, 1};
  parts.active_out = {1, 2};
  parts.passive_out = {0, 2};
  if (sizes.num_basis > 0) parts.shift = at::randn({half, sizes.num_basis}) / 4;
  if (sizes.in == sizes.out) return parts;
  parts.adjust_passive = random_pointwise(half, half_in);
  parts.adjust_active = random_pointwise(half, half_in, half_in);
  return parts;
}

inline BlockParts fast_stm_block(const Sizes& sizes) {
  const auto half = sizes.out / 2;
  auto parts = random_parts(sizes, half);
  parts.passive_in = parts.passive_out = {half, 1};
  if (sizes.in != sizes.out) {
    parts.adjust_active = random_pointwise(half, sizes.in, 0, true);
    parts.adjust_passive = random_pointwise(sizes.out - half, sizes.in, 0, true);
  }
  parts.mix = random_pointwise(sizes.out, sizes.out, 0, true);
  return parts;
}

struct NamedBlock {
  std::string name;
  BlockParts parts;
};

inline std::vector<NamedBlock> blocks(const Sizes& sizes) {
  return {
      {"DWBlock", dw_block(sizes)}, {"STMBlock", stm_block(sizes)}, {"FastSTMBlock", fast_stm_block(sizes)}};
}

/// What a block gives on one thread where its depthwise convolution goes `across`, two columns at a time, or
/// two rows: which a plan takes depends on the processor.
inline at::Tensor run_form(const BlockParts& parts, Capability capability, bool across,
                           const at::Tensor& input) {
  const PackedBlock block(parts, kernels_of(capability));
  Plan plan(block, {input.size(0), input.size(2), input.size(3)}, 1);
  plan.tiling.across = across;
  AlignedFloats scratch(ImageRun::scratch_floats(block, plan));
  auto output = at::empty({input.size(0), parts.out_channels, input.size(2), input.size(3)});
  for (int64_t i = 0; i < input.size(0); ++i) {
    const ImageRun run(block, plan, input[i].const_data_ptr<float>(), output[i].mutable_data_ptr<float>(),
                       scratch.data());
    if (parts.adjust_active || parts.adjust_passive) run.adjust({});
    run.convolve({});
    run.finish({});
  }
  return output;
}

/// Largest difference over the largest expected value; infinite where one is NaN or infinite and the other is
/// not the same.
inline double difference(const at::Tensor& actual, const at::Tensor& expected) {
  const auto finite = expected.isfinite();
  const auto same = (actual == expected).logical_or(actual.isnan().logical_and(expected.isnan()));
  if (actual.sizes() != expected.sizes() || !same.logical_or(finite).all().item<bool>())
    return std::numeric_limits<double>::infinity();
  if (!actual.masked_select(finite).isfinite().all().item<bool>())
    return std::numeric_limits<double>::infinity();
  if (expected.numel() == 0 || !finite.any().item<bool>()) return 0;
  const auto wanted = expected.masked_select(finite).to(at::kDouble);
  const auto largest = wanted.abs().max().item<double>();
  const auto off = (actual.masked_select(finite).to(at::kDouble) - wanted).abs().max().item<double>();
  return largest > 0 ? off / largest : off;
}

}  // namespace ablate::kernels::testing
