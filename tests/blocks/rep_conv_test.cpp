#include "ablate/blocks/rep_conv.hpp"

#include "catch.hpp"
#include "support.hpp"

using namespace ablate;
using namespace ablate::testing;

TEST_CASE("a deployed RepConv gives what its branches gave", "[blocks]") {
  torch::manual_seed(0);
  const auto options = GENERATE(depthwise(8, 7), depthwise(6, 1), RepConvOptions(6, 10).stride(2),
                                RepConvOptions(8, 8).groups(2), RepConvOptions(4, 4).use_activation(false),
                                RepConvOptions(6, 10).kernel_size(1), depthwise(6, 5).stride(2));
  const auto dtype = GENERATE(torch::kFloat, torch::kDouble);
  auto conv = RepConv(options);
  randomise_batch_norms(*conv);
  conv->to(dtype);
  conv->eval();
  const auto input = torch::randn({2, options.in_channels(), 9, 11}, dtype);
  const auto expected = conv->forward(input);

  conv->switch_to_deploy();

  CHECK(relative_error(conv->forward(input), expected) < (dtype == torch::kFloat ? 1e-5 : 1e-12));
  CHECK(conv->named_parameters().keys() == std::vector<std::string>{"fused_conv.weight", "fused_conv.bias"});
}

TEST_CASE("fusion keeps its digits where variances are tiny or huge", "[blocks]") {
  torch::manual_seed(0);
  const auto variance = GENERATE(1e-4, 1e4);
  auto conv = RepConv(depthwise(8, 7));
  randomise_batch_norms(*conv);
  for (const auto& buffer : conv->named_buffers())
    if (buffer.key().ends_with("running_var")) buffer.value().fill_(variance);
  conv->eval();
  const auto input = torch::randn({1, 8, 12, 12});
  const auto expected = conv->forward(input);
  conv->switch_to_deploy();
  CHECK(relative_error(conv->forward(input), expected) < 1e-5);
}

TEST_CASE("a deployed RepConv can be cloned", "[blocks]") {
  auto conv = RepConv(depthwise(4, 3));
  conv->switch_to_deploy();
  conv->eval();
  const auto input = torch::randn({1, 4, 5, 5});
  const auto copy = std::dynamic_pointer_cast<RepConvImpl>(conv->clone());
  CHECK(torch::equal(copy->forward(input), conv->forward(input)));
}

TEST_CASE("switching twice changes nothing", "[blocks]") {
  auto conv = RepConv(depthwise(4, 3));
  conv->switch_to_deploy();
  const auto before = conv->parameters().front().clone();
  conv->switch_to_deploy();
  CHECK(torch::equal(conv->parameters().front(), before));
}

TEST_CASE("switching keeps dtype and training flag", "[blocks]") {
  auto conv = RepConv(depthwise(4, 3));
  conv->to(torch::kDouble);
  conv->eval();
  conv->switch_to_deploy();
  for (const auto& parameter : conv->parameters()) CHECK(parameter.scalar_type() == torch::kDouble);
  for (const auto& child : conv->children()) CHECK_FALSE(child->is_training());
}

TEST_CASE("there is no way back from the deployed form", "[blocks]") {
  auto conv = RepConv(depthwise(4, 3));
  conv->switch_to(Form::deploy);
  CHECK_THROWS_AS(conv->switch_to(Form::train), UserError);
}

TEST_CASE("RepConv options that cannot work are refused with what may stand there", "[blocks]") {
  CHECK_THROWS_AS(RepConv(RepConvOptions(4, 4).kernel_size(4)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(4, 4).kernel_size(7).padding(1)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(4, 4).kernel_size(1).padding(1)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(6, 4).groups(3)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(4, 4).groups(0)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(0, 4)), UserError);
  CHECK_THROWS_AS(RepConv(RepConvOptions(4, 4).stride(0)), UserError);
}

TEST_CASE("an input that does not fit is refused with what would", "[blocks]") {
  auto conv = RepConv(RepConvOptions(4, 4));
  CHECK_THROWS_AS(conv->forward(torch::randn({1, 5, 8, 8})), UserError);
  CHECK_THROWS_AS(conv->forward(torch::randn({4, 8, 8})), UserError);
  CHECK_THROWS_AS(conv->forward(torch::randn({1, 4, 8, 8}, torch::kDouble)), UserError);
  try {
    conv->forward(torch::randn({1, 5, 8, 8}));
  } catch (const UserError& error) {
    CHECK(std::string(error.what()) == "RepConv input: [1, 5, 8, 8]; allowed: [N, 4, H, W]");
  }
}
