#include "ablate/blocks/zoo/zoo_types.hpp"

#include "ablate/blocks/declare.hpp"
#include "ablate/blocks/zoo/branched_conv.hpp"
#include "ablate/blocks/zoo/conv_next_block.hpp"
#include "ablate/blocks/zoo/faster_net_block.hpp"
#include "ablate/blocks/zoo/gates.hpp"
#include "ablate/blocks/zoo/ghost_module.hpp"
#include "ablate/blocks/zoo/inverted_residual.hpp"
#include "ablate/blocks/zoo/shuffle_unit.hpp"

namespace ablate {
namespace {

constexpr OptionRange at_least_1{.minimum = 1};
constexpr OptionRange at_least_0{.minimum = 0};
constexpr OptionRange odd_size{.minimum = 1, .parity = Parity::odd};

/// A block with as many outputs as inputs.
template <typename Module, typename O>
Declaration<Module, O> keeps_channels(std::string name, std::string help) {
  return Declaration<Module, O>(std::move(name), std::move(help), O(64))
      .required("channels", &O::channels, at_least_1, "channels of input and output");
}

template <typename Module, typename O>
Declaration<Module, O> changes_channels(std::string name, std::string help, O prototype) {
  return Declaration<Module, O>(std::move(name), std::move(help), std::move(prototype))
      .required("in_channels", &O::in_channels, at_least_1, "channels of the input")
      .required("out_channels", &O::out_channels, at_least_1, "channels of the output");
}

BlockType inverted_residual_type() {
  using O = InvertedResidualOptions;
  return changes_channels<InvertedResidualImpl>(
             "InvertedResidual", "MobileNetV2 (Sandler et al. 2018): expand, depthwise, project", O(64, 64))
      .forms({Form::train, Form::folded})
      .option("expansion", &O::expansion, at_least_1, "of the channels, before the depthwise convolution")
      .option("kernel_size", &O::kernel_size, odd_size, "of the depthwise convolution")
      .option("stride", &O::stride, at_least_1, "of the depthwise convolution");
}

BlockType shuffle_unit_type() {
  using O = ShuffleUnitOptions;
  return keeps_channels<ShuffleUnitImpl, O>(
             "ShuffleUnit", "ShuffleNetV2 (Ma et al. 2018): half the channels through a branch, shuffle")
      .forms({Form::train, Form::folded})
      .option("kernel_size", &O::kernel_size, odd_size, "of the depthwise convolution");
}

/// What RepVGG's and MobileOne's convolution have in common.
Declaration<BranchedConvImpl, BranchedConvOptions> branched(std::string help, BranchedKind kind) {
  using O = BranchedConvOptions;
  const auto prototype = O(64, 64).kind(kind);
  return changes_channels<BranchedConvImpl>(prototype.name(), std::move(help), prototype)
      .forms({Form::train, Form::deploy})
      .option("kernel_size", &O::kernel_size, odd_size, "of the widest branches")
      .option("stride", &O::stride, at_least_1, "of every branch")
      .option("groups", &O::groups, at_least_1, "divides both channels; as many as channels: depthwise")
      .option("use_activation", &O::use_activation, {}, "ReLU behind the sum");
}

BlockType repvgg_type() {
  return branched("RepVGG (Ding et al. 2021): k x k, 1 x 1 and identity branches, one convolution deployed",
                  BranchedKind::repvgg);
}

BlockType mobile_one_conv_type() {
  return branched("one row of MobileOne's block: several k x k branches, 1 x 1 and identity",
                  BranchedKind::mobile_one)
      .option("branches", &BranchedConvOptions::branches, at_least_1, "k x k branches");
}

BlockType mobile_one_block_type() {
  using O = MobileOneBlockOptions;
  return changes_channels<MobileOneBlockImpl>(
             "MobileOneBlock", "MobileOne (Vasu et al. 2023): depthwise, then pointwise, both branched",
             O(64, 64))
      .forms({Form::train, Form::deploy})
      .option("kernel_size", &O::kernel_size, odd_size, "of the depthwise convolution")
      .option("stride", &O::stride, at_least_1, "of the depthwise convolution")
      .option("branches", &O::branches, at_least_1, "of each convolution");
}

BlockType faster_net_type() {
  using O = FasterNetBlockOptions;
  return keeps_channels<FasterNetBlockImpl, O>(
             "FasterNetBlock", "FasterNet (Chen et al. 2023): partial convolution, two pointwise ones")
      .forms({Form::train, Form::folded})
      .option("partial_divisor", &O::partial_divisor, at_least_1, "one channel of so many is convolved")
      .option("kernel_size", &O::kernel_size, odd_size, "of the partial convolution")
      .option("expansion", &O::expansion, at_least_1, "of the pointwise convolutions")
      .option("layer_scale", &O::layer_scale, at_least_0, "initial gain of the branch; 0: none");
}

BlockType partial_conv_type() {
  using O = PartialConvOptions;
  return keeps_channels<PartialConvImpl, O>("PartialConv",
                                            "FasterNet's convolution over the first of the channels alone")
      .option("partial_divisor", &O::partial_divisor, at_least_1, "one channel of so many is convolved")
      .option("kernel_size", &O::kernel_size, odd_size, "of the convolution");
}

BlockType conv_next_type() {
  using O = ConvNeXtBlockOptions;
  return keeps_channels<ConvNeXtBlockImpl, O>(
             "ConvNeXtBlock", "ConvNeXt (Liu et al. 2022): depthwise, layer norm, two linear layers")
      .option("kernel_size", &O::kernel_size, odd_size, "of the depthwise convolution")
      .option("expansion", &O::expansion, at_least_1, "of the linear layers")
      .option("layer_scale", &O::layer_scale, at_least_0, "initial gain of the branch");
}

BlockType ghost_type() {
  using O = GhostModuleOptions;
  return changes_channels<GhostModuleImpl>(
             "GhostModule", "GhostNet (Han et al. 2020): some channels by convolution, others from those",
             O(64, 64))
      .forms({Form::train, Form::folded})
      .option("ratio", &O::ratio, {.minimum = 2}, "channels over those that the convolution gives")
      .option("kernel_size", &O::kernel_size, odd_size, "of the convolution")
      .option("cheap_size", &O::cheap_size, odd_size, "of the depthwise one that makes the others")
      .option("use_activation", &O::use_activation, {}, "ReLU behind both");
}

BlockType squeeze_excitation_type() {
  using O = SqueezeExcitationOptions;
  return keeps_channels<SqueezeExcitationImpl, O>(
             "SqueezeExcitation", "SE gate (Hu et al. 2018): two layers over the channels' averages")
      .option("reduction", &O::reduction, at_least_1, "channels over those of the bottleneck");
}

BlockType eca_type() {
  using O = ECAOptions;
  return keeps_channels<ECAImpl, O>("ECA",
                                    "ECA gate (Wang et al. 2020): a convolution along the channels' averages")
      .option("kernel_size", &O::kernel_size, at_least_0, "odd; 0: the paper's rule, from the channels");
}

}  // namespace

std::vector<BlockType> zoo_types() {
  return {inverted_residual_type(),
          shuffle_unit_type(),
          repvgg_type(),
          mobile_one_block_type(),
          mobile_one_conv_type(),
          ghost_type(),
          conv_next_type(),
          faster_net_type(),
          partial_conv_type(),
          squeeze_excitation_type(),
          eca_type()};
}

}  // namespace ablate
