#include "ablate/blocks/registry.hpp"
#include "ablate/measure/measure.hpp"
#include "catch.hpp"

using namespace ablate;

namespace {

Counts counts_of(const std::string& name, std::int64_t in, std::int64_t out, Form form) {
  const auto block = make_block(name, {{"in_channels", in}, {"out_channels", out}}, form);
  block->module().eval();
  return count(*block, torch::randn({1, in, 64, 64}));
}

constexpr std::int64_t image = 64 * 64;

}  // namespace

TEST_CASE("multiplications of DWBlock are those worked out by hand", "[measure]") {
  // 7x7 depthwise; the basis and its way back, 8 by 64 each; the gate on every element.
  const auto deployed = 64 * image * 49 + 2 * 8 * 64 + 64 * image;
  CHECK(counts_of("DWBlock", 64, 64, Form::deploy).macs == deployed);
  // Beside the 7x7 convolution a 1x1 one, and three batch norms.
  CHECK(counts_of("DWBlock", 64, 64, Form::train).macs == deployed + 64 * image + 3 * 64 * image);
  CHECK(counts_of("DWBlock", 24, 48, Form::deploy).macs ==
        24 * 48 * image + 48 * image * 49 + 2 * 8 * 48 + 48 * image);
}

TEST_CASE("multiplications of STMBlock are those worked out by hand", "[measure]") {
  // Half the channels; three projections, since the gate also shifts.
  const auto deployed = 32 * image * 49 + 3 * 8 * 32 + 32 * image;
  CHECK(counts_of("STMBlock", 64, 64, Form::deploy).macs == deployed);
  CHECK(counts_of("STMBlock", 64, 64, Form::train).macs == deployed + 32 * image + 3 * 32 * image);
  // Both halves go through a 1x1 convolution, 12 to 24.
  CHECK(counts_of("STMBlock", 24, 48, Form::deploy).macs ==
        2 * 12 * 24 * image + 24 * image * 49 + 3 * 8 * 24 + 24 * image);
}

TEST_CASE("multiplications of FastSTMBlock are those worked out by hand", "[measure]") {
  const auto active = 32 * image * 49 + 2 * 8 * 32 + 32 * image;
  const auto folded = active + 64 * 64 * image;
  CHECK(counts_of("FastSTMBlock", 64, 64, Form::folded).macs == folded);
  CHECK(counts_of("FastSTMBlock", 64, 64, Form::deploy).macs == folded + 64 * image);
  CHECK(counts_of("FastSTMBlock", 64, 64, Form::train).macs == folded + 64 * image + 4 * 32 * image);
}

TEST_CASE("the fused form counts for the operations of its folded form", "[measure]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto out = GENERATE(24, 48);
  const auto fused = counts_of(name, 24, out, Form::fused), folded = counts_of(name, 24, out, Form::folded);
  CHECK(fused.macs == folded.macs);
  CHECK(fused.bytes == folded.bytes);
  CHECK(fused.params == folded.params);
  CHECK(fused.buffers == folded.buffers);
}

TEST_CASE("strides and groups enter the count of a convolution", "[measure]") {
  const auto block = make_block("RepConv",
                                {{"in_channels", std::int64_t{8}},
                                 {"out_channels", std::int64_t{12}},
                                 {"stride", std::int64_t{2}},
                                 {"groups", std::int64_t{4}}},
                                Form::deploy);
  block->module().eval();
  // 9x7 with stride 2 leaves 5x4; each output sees 2 channels of 3x3.
  CHECK(count(*block, torch::randn({3, 8, 9, 7})).macs == 3 * 12 * 5 * 4 * 2 * 9);
}

TEST_CASE("the least traffic is input, output and weights, and nothing for views", "[measure]") {
  const auto deployed = counts_of("DWBlock", 64, 64, Form::deploy);
  CHECK(deployed.bytes == 4 * (2 * 64 * image + deployed.params));
  // Batch counters are buffers, but a forward pass does not read them.
  const auto trained = counts_of("DWBlock", 64, 64, Form::train);
  CHECK(trained.bytes == 4 * (2 * 64 * image + trained.params + trained.buffers - 3));
  const auto chunk = make_block("Chunk", {});
  CHECK(count(*chunk, torch::randn({1, 8, 4, 4})).bytes == 0);
}

TEST_CASE("the parts of a block add up to the block", "[measure]") {
  const auto block =
      make_block("FastSTMBlock", {{"in_channels", std::int64_t{64}}, {"out_channels", std::int64_t{64}}});
  std::int64_t params = 0, buffers = 0;
  for (const auto& part : parts(block->module())) {
    params += part.params;
    buffers += part.buffers;
  }
  CHECK(params == count_parameters(block->module()));
  CHECK(buffers == count_buffers(block->module()));
  CHECK(parts(block->module())[0].name == "partial_conv");
  CHECK(parts(block->module())[0].params == 32 * 49 + 32 + 3 * 2 * 32);
  CHECK(parts(block->module())[2].type == "Conv2d 1x1, 64 -> 64");
}

TEST_CASE("sampling gives as many samples as asked for", "[measure]") {
  const auto block = make_block("Concat", {});
  const auto sampled = sample(*block, torch::randn({1, 4, 8, 8}), 2, 5);
  CHECK(sampled.samples_s.size() == 5);
  double total = 0;
  for (const auto seconds : sampled.samples_s) {
    CHECK(seconds > 0);
    total += seconds;
  }
  CHECK(sampled.spent_s >= total);
}
