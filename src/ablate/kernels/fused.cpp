#include "ablate/kernels/fused.hpp"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ablate::kernels {
namespace {

std::string_view name(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    default:
      return c10::toString(dtype);
  }
}

/// A module whose children were moved one by one; LibTorch's operations say best what is wrong with it.
bool all_alike(const BlockParts& parts) {
  const auto& like = parts.depthwise_weight;
  const auto alike = [&](const at::Tensor& tensor) {
    return !tensor.defined() || (tensor.device() == like.device() && tensor.dtype() == like.dtype());
  };
  const auto pointwise_alike = [&](const std::optional<Pointwise>& by) {
    return !by || (alike(by->weight) && alike(by->bias));
  };
  const std::array tensors{parts.depthwise_bias, parts.basis, parts.scale, parts.shift};
  return std::ranges::all_of(tensors, alike) && pointwise_alike(parts.adjust_active) &&
         pointwise_alike(parts.adjust_passive) && pointwise_alike(parts.mix);
}

/// Packing is queued on the current stream, calls come on any: so it is waited for, once. A first call cannot
/// be captured in a CUDA graph therefore; it should not be, or each replay would pack again.
CudaBlock packed_on_cuda(const BlockParts& parts) {
  const auto device = parts.depthwise_weight.device();
  const c10::DeviceGuard there(device);
  CudaBlock block(parts);
  const c10::impl::VirtualGuardImpl streams(device.type());
  streams.synchronizeStream(streams.getStream(device));
  return block;
}

std::variant<CpuBlock, CudaBlock> block_of(const BlockParts& parts) {
  if (parts.depthwise_weight.is_cuda()) return packed_on_cuda(parts);
  return CpuBlock(parts);
}

}  // namespace

std::optional<std::string> FusedBlock::refuses(const BlockParts& parts) {
  const auto device = parts.depthwise_weight.device();
  const auto dtype = parts.depthwise_weight.scalar_type();
  if (!all_alike(parts)) return "weights of several dtypes or on several devices";
  if (device.is_cpu()) {
    if (dtype != at::kFloat) return fmt::format("{} on the CPU: float32 has one", name(dtype));
    return CpuBlock::refuses(parts);
  }
  if (!device.is_cuda()) return fmt::format("device {}: the CPU and CUDA have one", device.str());
  if (dtype != at::kFloat && dtype != at::kHalf && dtype != at::kBFloat16)
    return fmt::format("{} on CUDA: float32, float16 and bfloat16 have one", name(dtype));
  return CudaBlock::refuses(parts);
}

FusedBlock::FusedBlock(const BlockParts& parts) : block_(block_of(parts)) {}

at::Tensor FusedBlock::operator()(const at::Tensor& input) const {
  const auto laid_out = input.expect_contiguous();
  if (const auto* block = std::get_if<CpuBlock>(&block_)) return (*block)(*laid_out);
  const c10::DeviceGuard there(input.device());
  return std::get<CudaBlock>(block_)(*laid_out);
}

Scheme FusedBlock::scheme(const ImageShape& shape) const {
  return std::visit([&](const auto& block) { return block.scheme(shape); }, block_);
}

}  // namespace ablate::kernels
