#include "ablate/kernels/cpu/packed.hpp"

#include <algorithm>

namespace ablate::kernels {
namespace {

AlignedFloats copy_of(const at::Tensor& tensor) {
  const auto contiguous = tensor.contiguous();
  AlignedFloats copy(contiguous.numel());
  std::copy_n(contiguous.const_data_ptr<float>(), contiguous.numel(), copy.data());
  return copy;
}

std::optional<PackedPointwise> pack(const std::optional<Pointwise>& pointwise, const Kernels& kernels) {
  if (!pointwise) return std::nullopt;
  return PackedPointwise(*pointwise, kernels);
}

}  // namespace

PackedPointwise::PackedPointwise(const Pointwise& pointwise, const Kernels& kernels)
    : rows(pointwise.weight.size(0)),
      columns(pointwise.weight.size(1)),
      from(pointwise.from),
      relu(pointwise.relu) {
  const auto high = kernels.panel_rows, padded = (rows + high - 1) / high * high;
  weights = AlignedFloats(padded * columns);
  const auto matrix = pointwise.weight.contiguous();
  const float* from_row = matrix.const_data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      weights.data()[(row / high * columns + column) * high + row % high] = *from_row++;
  bias = AlignedFloats(padded);
  if (pointwise.bias.defined())
    std::copy_n(pointwise.bias.contiguous().const_data_ptr<float>(), rows, bias.data());
}

PackedBlock::PackedBlock(const BlockParts& parts, const Kernels& table)
    : kernels(&table),
      in_channels(parts.in_channels),
      out_channels(parts.out_channels),
      active(parts.active),
      passive(parts.passive),
      kernel_size(parts.kernel_size()),
      num_basis(parts.num_basis()),
      recalibrates(parts.basis.defined()),
      active_in(parts.active_in),
      passive_in(parts.passive_in),
      active_out(parts.active_out),
      passive_out(parts.passive_out),
      adjust_active(pack(parts.adjust_active, table)),
      adjust_passive(pack(parts.adjust_passive, table)),
      mix(pack(parts.mix, table)),
      depthwise_floats(table.depthwise_weights(kernel_size)),
      depthwise(active * depthwise_floats),
      depthwise_bias(copy_of(parts.depthwise_bias)) {
  const auto filters = parts.depthwise_weight.contiguous();
  for (int64_t channel = 0; channel < active; ++channel)
    table.pack_depthwise(kernel_size, filters.const_data_ptr<float>() + channel * kernel_size * kernel_size,
                         depthwise.data() + channel * depthwise_floats);
  if (!recalibrates) return;
  basis = copy_of(parts.basis);
  scale = copy_of(parts.scale);
  if (parts.shift.defined()) shift = copy_of(parts.shift);
}

}  // namespace ablate::kernels
