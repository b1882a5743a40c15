#include "ablate/kernels/cpu/cpu_block.hpp"

#include "ablate/kernels/cpu/image_run.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

namespace ablate::kernels {
namespace {

void run_images(const PackedBlock& block, const Plan& plan, const float* input, float* output,
                int64_t batch) {
  const auto input_floats = block.in_channels * plan.pixels(),
             output_floats = block.out_channels * plan.pixels();
  const auto scratch_floats = ImageRun::scratch_floats(block, plan);
  const auto image = [&](int64_t index, float* scratch) {
    return ImageRun(block, plan, input + index * input_floats, output + index * output_floats, scratch);
  };
  const bool adjusts = block.adjust_active || block.adjust_passive;

  if (plan.images_apart > 0)
    for_each_share(plan.workers, [&](Share share) {
      float* scratch = Scratch::of_this_thread().image.at_least(scratch_floats);
      for (auto index = share.begin(plan.images_apart); index < share.end(plan.images_apart); ++index) {
        const auto run = image(index, scratch);
        if (adjusts) run.adjust({});
        run.convolve({});
        run.finish({});
      }
    });

  if (plan.images_apart == batch) return;
  float* scratch = Scratch::of_this_thread().image.at_least(scratch_floats);
  for (auto index = plan.images_apart; index < batch; ++index) {
    const auto run = image(index, scratch);
    if (adjusts) for_each_share(plan.workers, [&](Share share) { run.adjust(share); });
    for_each_share(plan.workers, [&](Share share) { run.convolve(share); });
    for_each_share(plan.workers, [&](Share share) { run.finish(share); });
  }
}

}  // namespace

struct CpuBlock::Packed : PackedBlock {
  using PackedBlock::PackedBlock;
};

std::optional<std::string> CpuBlock::refuses(const BlockParts& parts) {
  const auto k = parts.kernel_size();
  if (k != 1 && k != 3 && k != 5 && k != 7 && k != 9)
    return fmt::format("kernel size {}: 1, 3, 5, 7 and 9 have one", k);
  if (parts.depthwise_weight.scalar_type() != at::kFloat)
    return fmt::format("{} on the CPU: float32 has one", c10::toString(parts.depthwise_weight.scalar_type()));
  return std::nullopt;
}

CpuBlock::CpuBlock(const BlockParts& parts, Capability capability)
    : packed_(std::make_unique<Packed>(parts, kernels_of(capability))) {}

CpuBlock::~CpuBlock() = default;
CpuBlock::CpuBlock(CpuBlock&&) noexcept = default;
CpuBlock& CpuBlock::operator=(CpuBlock&&) noexcept = default;

at::Tensor CpuBlock::operator()(const at::Tensor& given) const {
  TORCH_CHECK(given.device().is_cpu() && given.scalar_type() == at::kFloat && given.dim() == 4 &&
                  given.size(1) == packed_->in_channels,
              "the fused form on the CPU takes float32 [N, ", packed_->in_channels, ", H, W], got ",
              given.toString(), " ", given.sizes());
  const auto input = given.contiguous();
  auto output = at::empty({input.size(0), packed_->out_channels, input.size(2), input.size(3)},
                          input.options().memory_format(c10::MemoryFormat::Contiguous));
  if (output.numel() == 0) return output;
  const Plan plan(*packed_, {input.size(0), input.size(2), input.size(3)}, available_workers());
  run_images(*packed_, plan, input.const_data_ptr<float>(), output.mutable_data_ptr<float>(), input.size(0));
  return output;
}

Scheme CpuBlock::scheme(const ImageShape& shape) const {
  return describe(*packed_, Plan(*packed_, shape, available_workers()), shape);
}

}  // namespace ablate::kernels
