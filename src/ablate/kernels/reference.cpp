#include "ablate/kernels/reference.hpp"

#include <ATen/ATen.h>

namespace ablate::kernels {
namespace {

at::Tensor channels(const at::Tensor& image, const ChannelMap& map, int64_t count) {
  return image.slice(1, map.first, map.first + count * map.step, map.step);
}

at::Tensor pointwise(const Pointwise& by, const at::Tensor& image) {
  const auto columns = by.weight.size(1);
  const auto filter = by.weight.unsqueeze(-1).unsqueeze(-1);
  auto output = at::conv2d(image.slice(1, by.from, by.from + columns), filter, by.bias);
  return by.relu ? output.relu_() : output;
}

at::Tensor recalibrated(const BlockParts& parts, const at::Tensor& y) {
  if (!parts.basis.defined()) return y;
  const auto coefficients = y.mean({2, 3}).matmul(parts.basis.t());
  const auto per_channel = [&](const at::Tensor& projection) {
    return coefficients.matmul(projection.t()).unsqueeze(-1).unsqueeze(-1);
  };
  const auto scaled = y * per_channel(parts.scale).sigmoid();
  return parts.shift.defined() ? scaled + per_channel(parts.shift) : scaled;
}

}  // namespace

at::Tensor reference(const BlockParts& parts, const at::Tensor& input) {
  const auto source = parts.adjust_active ? pointwise(*parts.adjust_active, input)
                                          : channels(input, parts.active_in, parts.active);
  const auto passed = parts.adjust_passive ? pointwise(*parts.adjust_passive, input)
                                           : channels(input, parts.passive_in, parts.passive);
  const auto half = parts.kernel_size() / 2;
  const auto y =
      at::conv2d(source, parts.depthwise_weight.unsqueeze(1), parts.depthwise_bias, 1, half, 1, parts.active)
          .relu_();
  const auto active = recalibrated(parts, y);
  if (parts.mix) return pointwise(*parts.mix, at::cat({active, passed}, 1)).contiguous();
  auto output = at::empty({input.size(0), parts.out_channels, input.size(2), input.size(3)}, active.options(),
                          at::MemoryFormat::Contiguous);
  channels(output, parts.active_out, parts.active).copy_(active);
  if (parts.passive > 0) channels(output, parts.passive_out, parts.passive).copy_(passed);
  return output;
}

BlockParts in_dtype(const BlockParts& parts, at::ScalarType dtype) {
  auto cast = parts;
  const auto change = [dtype](at::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.to(dtype);
  };
  for (auto* tensor : {&cast.depthwise_weight, &cast.depthwise_bias, &cast.basis, &cast.scale, &cast.shift})
    change(*tensor);
  for (auto* by : {&cast.adjust_active, &cast.adjust_passive, &cast.mix})
    if (*by) {
      change((*by)->weight);
      change((*by)->bias);
    }
  return cast;
}

}  // namespace ablate::kernels
