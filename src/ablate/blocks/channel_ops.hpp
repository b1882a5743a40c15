#pragma once

#include "ablate/blocks/block.hpp"

namespace ablate {

/// Operations on the channel dimension, with nothing to learn; registered so that a study can time each
/// alone. Inputs are [N, C, H, W] with any C that they do not refuse.

/// Interleaves `groups` equal groups of channels (Zhang et al., ShuffleNet, CVPR 2018): the first of each
/// group come first. A new, contiguous tensor.
torch::Tensor shuffle_channels(const torch::Tensor& input, int64_t groups);

/// torch::chunk in two: two views, the first one channel larger where C is odd.
class ChunkImpl : public torch::nn::Cloneable<ChunkImpl>, public Block {
 public:
  void reset() override {}
  torch::nn::Module& module() override { return *this; }
  Outputs run(const torch::Tensor& input) override;
};
TORCH_MODULE(Chunk);

/// Chunk, then torch::cat of the two: a copy of the input.
class ConcatImpl : public BlockModule<ConcatImpl> {
 public:
  void reset() override {}
  torch::Tensor forward(const torch::Tensor& input);
};
TORCH_MODULE(Concat);

struct ChannelShuffleOptions {
  TORCH_ARG(int64_t, groups) = 2;  ///< divides C
};

class ChannelShuffleImpl : public BlockModule<ChannelShuffleImpl> {
 public:
  explicit ChannelShuffleImpl(ChannelShuffleOptions options = {});
  void reset() override {}
  torch::Tensor forward(const torch::Tensor& input);

  ChannelShuffleOptions options;
};
TORCH_MODULE(ChannelShuffle);

struct SliceOptions {
  TORCH_ARG(int64_t, dim) = 0;  ///< channels in the first part; 0: half of them
};

/// Two slices along the channels: views, no copy.
class SliceImpl : public torch::nn::Cloneable<SliceImpl>, public Block {
 public:
  explicit SliceImpl(SliceOptions options = {});
  void reset() override {}
  torch::nn::Module& module() override { return *this; }
  Outputs run(const torch::Tensor& input) override;

  SliceOptions options;
};
TORCH_MODULE(Slice);

}  // namespace ablate
