#include "ablate/blocks/registry.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/channel_ops.hpp"
#include "ablate/blocks/conv_bn_relu.hpp"
#include "ablate/blocks/declare.hpp"
#include "ablate/blocks/fast_stm_block.hpp"
#include "ablate/blocks/stm_block.hpp"
#include "ablate/blocks/zoo/zoo_types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

constexpr OptionRange positive{.minimum = 1};
constexpr OptionRange not_negative{.minimum = 0};
constexpr OptionRange odd{.minimum = 1, .parity = Parity::odd};
constexpr OptionRange fraction{.minimum = 0, .maximum = 1, .maximum_excluded = true};

struct NoOptions {};

/// Chunk and Concat take no options: a module made from none.
template <typename Module>
struct Plain : Module {
  explicit Plain(NoOptions) {}
};

template <typename Module>
Declaration<Module, BlockOptions> block(std::string name, std::string help, std::vector<Form> forms) {
  using O = BlockOptions;
  return Declaration<Module, O>(std::move(name), std::move(help),
                                O(64, 64).recalibration(Module::own_recalibration))
      .forms(std::move(forms))
      .required("in_channels", &O::in_channels, positive, "channels of the input")
      .required("out_channels", &O::out_channels, positive, "channels of the output")
      .option("kernel_size", &O::kernel_size, odd, "of the depthwise convolution")
      .option("num_basis", &O::num_basis, positive, "vectors that the recalibration projects on")
      .option("dropout_rate", &O::dropout_rate, fraction, "of the recalibration's coefficients, in training")
      .part("recalibration", &O::recalibration, recalibration_names, "of the channels, by their averages")
      .part("kxk", &O::kxk, "the k x k branch of the RepConv")
      .part("pointwise", &O::pointwise, "its 1 x 1 branch, for kernels above 1")
      .part("identity", &O::identity, "its identity branch");
}

template <typename Module>
BlockType recalibration(std::string name, std::string help) {
  using O = PRCMOptions;
  return Declaration<Module, O>(std::move(name), std::move(help), O(64))
      .required("channels", &O::channels, positive, "channels of input and output")
      .option("num_basis", &O::num_basis, positive, "vectors that the average is projected on")
      .option("dropout_rate", &O::dropout_rate, fraction, "of the coefficients, in training");
}

BlockType rep_conv() {
  using O = RepConvOptions;
  return Declaration<RepConvImpl, O>("RepConv", "k x k, 1 x 1 and identity branches, each with batch norm",
                                     O(64, 64))
      .forms({Form::train, Form::deploy})
      .required("in_channels", &O::in_channels, positive, "channels of the input")
      .required("out_channels", &O::out_channels, positive, "channels of the output")
      .option("kernel_size", &O::kernel_size, odd, "of the widest branch")
      .option("stride", &O::stride, positive, "of every branch")
      .option("padding", &O::padding, not_negative, "half the kernel, where there is another branch")
      .option("groups", &O::groups, positive, "divides both channels; as many as channels: depthwise")
      .option("use_activation", &O::use_activation, {}, "ReLU behind the sum")
      .part("kxk", &O::kxk, "the k x k branch")
      .part("pointwise", &O::pointwise, "the 1 x 1 branch, for kernels above 1")
      .part("identity", &O::identity, "the identity branch, with stride 1 and as many outputs as inputs");
}

BlockType conv_bn_relu() {
  using O = ConvBnReluOptions;
  return Declaration<ConvBnReluImpl, O>("ConvBnRelu", "convolution, batch norm, ReLU", O(64, 64))
      .forms({Form::train, Form::folded})
      .required("in_channels", &O::in_channels, positive, "channels of the input")
      .required("out_channels", &O::out_channels, positive, "channels of the output")
      .option("kernel_size", &O::kernel_size, odd, "of the convolution");
}

BlockType channel_shuffle_type() {
  using O = ChannelShuffleOptions;
  return Declaration<ChannelShuffleImpl, O>("ChannelShuffle", "interleaves groups of channels: a copy", O{})
      .option("groups", &O::groups, positive, "divides the input's channels");
}

BlockType slice_type() {
  using O = SliceOptions;
  return Declaration<SliceImpl, O>("Slice", "two slices of the channels: views", O{})
      .option("dim", &O::dim, not_negative, "channels in the first slice; 0: half of them");
}

std::vector<BlockType> all_types() {
  return {
      block<DWBlockImpl>("DWBlock", "depthwise RepConv over all channels, then PRCM",
                         {Form::train, Form::deploy, Form::fused}),
      block<STMBlockImpl>("STMBlock", "half the channels through RepConv and AffinePRCM, then a shuffle",
                          {Form::train, Form::deploy, Form::fused})
          .part("shuffle", &BlockOptions::shuffle, "of the channels, behind the concatenation"),
      block<FastSTMBlockImpl>(
          "FastSTMBlock", "half the channels through RepConv and SimplePRCM, then a 1x1 mixing convolution",
          {Form::train, Form::deploy, Form::folded, Form::fused})
          .part("mixing", &BlockOptions::mixing,
                "1 x 1 convolution, batch norm and ReLU behind the concatenation"),
      rep_conv(),
      recalibration<PRCMImpl>("PRCM", "scales each channel by a gate over basis coefficients"),
      recalibration<AffinePRCMImpl>("AffinePRCM", "scales and shifts each channel"),
      recalibration<SimplePRCMImpl>("SimplePRCM", "PRCM under FastSTMBlock's names"),
      conv_bn_relu(),
      Declaration<Plain<ChunkImpl>, NoOptions>("Chunk", "torch::chunk in two: views", {}),
      Declaration<Plain<ConcatImpl>, NoOptions>("Concat", "chunk, then torch::cat: a copy", {}),
      channel_shuffle_type(),
      slice_type(),
  };
}

std::vector<BlockType>& registered_types() {
  static auto types = [] {
    auto all = all_types();
    std::ranges::move(zoo_types(), std::back_inserter(all));
    return all;
  }();
  return types;
}

std::vector<BlockSpec>& registered_specs() {
  static auto specs = [] {
    std::vector<BlockSpec> specs;
    for (const auto& type : registered_types()) specs.push_back(type.spec);
    return specs;
  }();
  return specs;
}

}  // namespace

const std::vector<BlockType>& block_types() { return registered_types(); }

const std::vector<BlockSpec>& block_specs() { return registered_specs(); }

void register_block(BlockType type, std::string_view origin) {
  const auto& name = type.spec.name;
  for (const auto& other : registered_types())
    if (other.spec.name == name)
      throw UserError(origin,
                      fmt::format("its block \"{}\" has the name of one of {}", name,
                                  other.origin.empty() ? "ablate's own" : other.origin),
                      "a name that is not taken");
  type.origin = origin;
  registered_specs().push_back(type.spec);
  registered_types().push_back(std::move(type));
}

const BlockType& block_type(std::string_view name, std::string_view where) {
  const auto& types = block_types();
  const auto found = std::ranges::find(types, name, [](const auto& type) { return type.spec.name; });
  if (found != types.end()) return *found;
  std::vector<std::string> names;
  for (const auto& type : types) names.push_back(type.spec.name);
  throw UserError(where, name, choices(name, names), "see: ablate list blocks");
}

std::shared_ptr<Block> make_block(std::string_view name, const Options& options, Form form) {
  const auto& type = block_type(name);
  auto block = type.make(complete(type.spec, options, fmt::format("{}.", name)));
  block->switch_to(form);
  return block;
}

}  // namespace ablate
