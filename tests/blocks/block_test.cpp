#include "ablate/blocks/channel_ops.hpp"
#include "ablate/blocks/conv_bn_relu.hpp"
#include "ablate/blocks/fast_stm_block.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/blocks/stm_block.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <torch/serialize.h>

#include <set>
#include <sstream>

using namespace ablate;
using namespace ablate::testing;

namespace {

std::shared_ptr<Block> block_with(const std::string& name, std::int64_t in, std::int64_t out,
                                  Form form = Form::train) {
  torch::manual_seed(1);
  auto block =
      make_block(name, {{"in_channels", in}, {"out_channels", out}, {"kernel_size", std::int64_t{5}}});
  randomise_batch_norms(block->module());
  block->module().eval();
  block->switch_to(form);
  return block;
}

std::set<std::string> names_of(torch::nn::Module& module) {
  std::set<std::string> names;
  for (const auto& parameter : module.named_parameters()) names.insert(parameter.key());
  return names;
}

}  // namespace

TEST_CASE("every form of a block computes what its train form computes", "[blocks]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto form = GENERATE(Form::deploy, Form::folded);
  const auto out = GENERATE(8, 12);
  torch::NoGradGuard no_grad;
  const auto block = block_with(name, 8, out);
  const auto input = torch::randn({2, 8, 9, 7});
  const auto expected = block->run(input).front();
  block->switch_to(form);
  CHECK(relative_error(block->run(input).front(), expected) < 1e-5);
  block->switch_to(form);
  CHECK(relative_error(block->run(input).front(), expected) < 1e-5);
}

TEST_CASE("folding after deploying gives what folding at once gives", "[blocks]") {
  torch::NoGradGuard no_grad;
  const auto input = torch::randn({1, 8, 6, 6});
  const auto at_once = block_with("FastSTMBlock", 8, 12, Form::folded);
  const auto in_turn = block_with("FastSTMBlock", 8, 12, Form::deploy);
  in_turn->switch_to(Form::folded);
  CHECK(torch::equal(in_turn->run(input).front(), at_once->run(input).front()));
  CHECK(names_of(in_turn->module()).count("mix_conv.bias") == 1);
  CHECK(names_of(in_turn->module()).count("mix_bn.weight") == 0);
  CHECK_THROWS_AS(in_turn->switch_to(Form::deploy), UserError);
}

TEST_CASE("a block in any form can be cloned, and the clone is on its own", "[blocks]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto form = GENERATE(Form::train, Form::deploy, Form::folded);
  torch::NoGradGuard no_grad;
  const auto block = block_with(name, 8, 12, form);
  const auto input = torch::randn({1, 8, 6, 6});
  const auto expected = block->run(input).front();

  const auto copy = std::dynamic_pointer_cast<Block>(block->module().clone());
  REQUIRE(copy);
  CHECK(torch::equal(copy->run(input).front(), expected));
  CHECK(copy->form() == block->form());

  for (auto& parameter : block->module().parameters()) parameter.zero_();
  CHECK(torch::equal(copy->run(input).front(), expected));
  copy->switch_to(Form::folded);
  CHECK(relative_error(copy->run(input).front(), expected) < 1e-5);
}

TEST_CASE("a block goes through torch::save and torch::load in any form", "[blocks]") {
  const auto form = GENERATE(Form::train, Form::deploy, Form::folded);
  torch::NoGradGuard no_grad;
  const auto options = BlockOptions(8, 12).kernel_size(3);
  FastSTMBlock block(options), other(options);
  randomise_batch_norms(*block);
  for (auto* each : {&block, &other}) {
    (*each)->eval();
    (*each)->switch_to(form);
  }
  std::stringstream stream;
  torch::save(block, stream);
  torch::load(other, stream);
  const auto input = torch::randn({1, 8, 6, 6});
  CHECK(torch::equal(other->forward(input), block->forward(input)));
}

TEST_CASE("casting a block leaves its batch counters integers", "[blocks]") {
  const auto block = block_with("FastSTMBlock", 8, 12);
  block->module().to(torch::kDouble);
  for (const auto& buffer : block->module().named_buffers())
    CHECK(buffer.value().scalar_type() ==
          (buffer.key().ends_with("num_batches_tracked") ? torch::kLong : torch::kDouble));
  CHECK(block->run(torch::randn({1, 8, 6, 6}, torch::kDouble)).front().scalar_type() == torch::kDouble);
}

TEST_CASE("a trained block can be trained on, and moves its running statistics", "[blocks]") {
  STMBlock block(BlockOptions(8, 8).kernel_size(3));
  block->train();
  block->forward(torch::randn({4, 8, 6, 6})).sum().backward();
  for (const auto& parameter : block->named_parameters()) CHECK(parameter.value().grad().defined());
  const auto buffers = block->named_buffers();
  CHECK(buffers["dw_repconv.bn_kxk.num_batches_tracked"].item<int64_t>() == 1);
  CHECK(buffers["dw_repconv.bn_kxk.running_mean"].abs().sum().item<float>() > 0);
}

TEST_CASE("dropout acts in training alone", "[blocks]") {
  AffinePRCM prcm(PRCMOptions(16).dropout_rate(0.5));
  const auto input = torch::randn({1, 16, 4, 4});
  prcm->train();
  CHECK_FALSE(torch::equal(prcm->forward(input), prcm->forward(input)));
  prcm->eval();
  CHECK(torch::equal(prcm->forward(input), prcm->forward(input)));
}

TEST_CASE("blocks take channels_last input and give what they give for contiguous input", "[blocks]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  torch::NoGradGuard no_grad;
  const auto block = block_with(name, 8, 12);
  const auto input = torch::randn({2, 8, 6, 5});
  const auto strided = input.contiguous(torch::MemoryFormat::ChannelsLast);
  CHECK(relative_error(block->run(strided).front(), block->run(input).front()) < 1e-6);
}

TEST_CASE("FastSTMBlock slices an odd number of channels, STMBlock refuses one", "[blocks]") {
  FastSTMBlock odd(BlockOptions(7, 7).kernel_size(3));
  CHECK(odd->forward(torch::randn({2, 7, 4, 4})).sizes() == torch::IntArrayRef{2, 7, 4, 4});
  CHECK_THROWS_AS(STMBlock(BlockOptions(7, 8)), UserError);
  CHECK_THROWS_AS(STMBlock(BlockOptions(8, 7)), UserError);
  CHECK_THROWS_AS(FastSTMBlock(BlockOptions(8, 1)), UserError);
}

TEST_CASE("dropout must leave something", "[blocks]") {
  const auto rate = GENERATE(-0.1, 1.0, 2.0, std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(PRCM(PRCMOptions(8).dropout_rate(rate)), UserError);
}

TEST_CASE("the channel operations move channels as PyTorch's do", "[blocks]") {
  const auto input = torch::arange(6).reshape({1, 6, 1, 1}).to(torch::kFloat);
  const auto order = [](const torch::Tensor& tensor) {
    const auto flat = tensor.flatten().to(torch::kLong);
    return std::vector<int64_t>(flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel());
  };
  CHECK(order(ChannelShuffle()->forward(input)) == std::vector<int64_t>{0, 3, 1, 4, 2, 5});
  CHECK(order(Concat()->forward(input)) == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
  CHECK(order(Chunk()->run(input)[1]) == std::vector<int64_t>{3, 4, 5});
  CHECK(order(Slice(SliceOptions().dim(2))->run(input)[1]) == std::vector<int64_t>{2, 3, 4, 5});
  CHECK(Slice()->run(input)[0].is_alias_of(input));
  CHECK_THROWS_AS(ChannelShuffle(ChannelShuffleOptions().groups(4))->forward(input), UserError);
  CHECK_THROWS_AS(Slice(SliceOptions().dim(7))->run(input), UserError);
}

TEST_CASE("a block says how it is built", "[blocks]") {
  const Traits traits = STMBlock(BlockOptions(24, 48))->traits();
  CHECK(traits == Traits{{"split", "chunk"},
                         {"active channels", "24 of 48"},
                         {"passive path", "1x1 convolution"},
                         {"recalibration", "AffinePRCM (scale, shift)"},
                         {"mixing", "channel shuffle"}});
  CHECK(STMBlock(BlockOptions(48, 48))->traits()[2].second == "identity");
}
