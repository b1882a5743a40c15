#include "ablate/blocks/channel_ops.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ablate {
namespace {

void check_rank(std::string_view block, const torch::Tensor& input) {
  if (input.dim() != 4)
    throw UserError(fmt::format("{} input", block), fmt::format("[{}]", fmt::join(input.sizes(), ", ")),
                    "[N, C, H, W]");
}

}  // namespace

torch::Tensor shuffle_channels(const torch::Tensor& input, int64_t groups) {
  const auto batch = input.size(0), channels = input.size(1), height = input.size(2), width = input.size(3);
  return input.reshape({batch, groups, channels / groups, height, width})
      .transpose(1, 2)
      .contiguous()
      .view({batch, channels, height, width});
}

Outputs ChunkImpl::run(const torch::Tensor& input) {
  check_rank("Chunk", input);
  const auto parts = input.chunk(2, 1);
  return {parts.begin(), parts.end()};
}

torch::Tensor ConcatImpl::forward(const torch::Tensor& input) {
  check_rank("Concat", input);
  return torch::cat(input.chunk(2, 1), 1);
}

ChannelShuffleImpl::ChannelShuffleImpl(ChannelShuffleOptions options_) : options(std::move(options_)) {
  require(options.groups() >= 1, "ChannelShuffle.groups", options.groups(), "at least 1");
}

torch::Tensor ChannelShuffleImpl::forward(const torch::Tensor& input) {
  check_rank("ChannelShuffle", input);
  if (input.size(1) % options.groups() != 0)
    throw UserError("ChannelShuffle.groups", fmt::format("{}", options.groups()),
                    fmt::format("a divisor of the input's {} channels", input.size(1)));
  return shuffle_channels(input, options.groups());
}

SliceImpl::SliceImpl(SliceOptions options_) : options(std::move(options_)) {
  require(options.dim() >= 0, "Slice.dim", options.dim(), "at least 0");
}

Outputs SliceImpl::run(const torch::Tensor& input) {
  check_rank("Slice", input);
  const auto channels = input.size(1);
  const auto first = options.dim() == 0 ? channels / 2 : options.dim();
  if (first > channels)
    throw UserError("Slice.dim", fmt::format("{}", first),
                    fmt::format("at most the input's {} channels", channels));
  return {input.slice(1, 0, first), input.slice(1, first)};
}

}  // namespace ablate
