#include "ablate/blocks/zoo/shuffle_unit.hpp"

#include "ablate/blocks/channel_ops.hpp"

#include <fmt/format.h>

namespace ablate {

ShuffleUnitImpl::ShuffleUnitImpl(ShuffleUnitOptions options_) : options(std::move(options_)) {
  const auto& o = options;
  require(o.channels() >= 2 && o.channels() % 2 == 0, "ShuffleUnit.channels", o.channels(),
          "an even integer, at least 2: the unit splits them in two");
  require(o.kernel_size() >= 1 && o.kernel_size() % 2 == 1, "ShuffleUnit.kernel_size", o.kernel_size(),
          "an odd integer, at least 1");
  reset();
}

void ShuffleUnitImpl::reset() {
  const auto half = options.channels() / 2;
  const auto pointwise = same_conv(half, half, 1);
  const auto depthwise = same_conv(half, half, options.kernel_size(), 1, half);
  // Numbers 2 and 7 are the ReLUs'.
  const std::vector<ConvStep> steps{{"0", "1", pointwise, Activation::relu},
                                    {"3", "4", depthwise},
                                    {"5", "6", pointwise, Activation::relu}};
  branch2 = register_module("branch2", ConvChain(ConvChainOptions(steps).folded(options.folded())));
}

torch::Tensor ShuffleUnitImpl::forward(const torch::Tensor& input) {
  check_input(own_name, input, options.channels(), branch2->weight());
  const auto halves = input.chunk(2, 1);
  return shuffle_channels(torch::cat({halves[0], branch2->forward(halves[1])}, 1), 2);
}

Traits ShuffleUnitImpl::traits() const {
  return {{"split", "chunk"},
          {"active channels", fmt::format("{} of {}", options.channels() / 2, options.channels())},
          {"passive path", "identity"},
          {"recalibration", "none"},
          {"mixing", "1x1 convolutions of the active half, channel shuffle"}};
}

}  // namespace ablate
