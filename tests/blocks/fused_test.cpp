#include "ablate/blocks/fast_stm_block.hpp"
#include "ablate/blocks/stm_block.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/weights/state_dict.hpp"
#include "kernels/support.hpp"

#include <torch/serialize.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <sstream>
#include <thread>

using namespace ablate;
using namespace ablate::testing;

namespace {

torch::Tensor output_of(Block& block, const torch::Tensor& input) { return block.run(input).front(); }

/// The form fused against deploy: same weights, same input, on one device.
void check_against_deploy(const std::string& name, const Options& options, const torch::Tensor& input,
                          const Place& place, double tolerance) {
  const auto deployed = fusable(name, options, Form::deploy, place);
  const auto fused = fusable(name, options, Form::fused, place);
  CAPTURE(name, text_of(options), place.text(), input.sizes());
  const auto difference = compare("output", output_of(*fused, input), output_of(*deployed, input), tolerance);
  CAPTURE(difference.note, difference.relative);
  CHECK(difference.within);
}

std::string all_names() { return GENERATE("DWBlock", "STMBlock", "FastSTMBlock"); }

bool is_frozen(torch::nn::Module& module) {
  const auto parameters = module.parameters();
  return std::ranges::none_of(parameters, [](const auto& one) { return one.requires_grad(); });
}

}  // namespace

TEST_CASE("the fused form gives what the deployed form gives", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const std::int64_t out = GENERATE(8, 12);
  const std::int64_t kernel_size = GENERATE(1, 3, 5, 7, 9, 11);
  for (const auto& place : places())
    check_against_deploy(name, shape_options(8, out, kernel_size), image({2, 8, 13, 9}, place), place,
                         tolerance_at(place));
}

TEST_CASE("the fused form gives what the deployed form gives without any of its parts", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const std::string recalibration = GENERATE("none", "scale", "affine");
  const std::string removed = GENERATE("", "kxk", "pointwise", "identity", "shuffle", "mixing");
  const std::int64_t out = GENERATE(8, 12);
  auto options = shape_options(8, out, 5);
  options["recalibration"] = recalibration;
  if (block_type(name).spec.find(removed)) options[removed] = false;
  for (const auto& place : places())
    check_against_deploy(name, options, image({2, 8, 10, 12}, place), place, tolerance_at(place));
}

TEST_CASE("images far from zero are computed as exactly", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  for (const auto& place : places()) {
    const auto input = image({2, 8, 16, 16}, place) + (place.dtype == torch::kHalf ? 10 : 1e4);
    check_against_deploy(name, shape_options(8, 8), input, place, tolerance_at(place));
    check_against_deploy(name, shape_options(8, 8), -input, place, tolerance_at(place));
  }
}

TEST_CASE("numbers too small to be normal do no harm", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  for (const auto& place : places()) {
    auto some = image({1, 8, 12, 12}, place);
    some.select(2, 3).mul_(1e-40);
    check_against_deploy(name, shape_options(8, 8), some, place, tolerance_at(place));

    // Alone, they may come out as zero, but not as anything else.
    const auto fused = fusable(name, shape_options(8, 8), Form::fused, place);
    for (auto& parameter : fused->module().named_parameters())
      if (parameter.key().ends_with("bias")) parameter.value().zero_();
    const auto folded = fusable(name, shape_options(8, 8), Form::folded, place);
    for (auto& parameter : folded->module().named_parameters())
      if (parameter.key().ends_with("bias")) parameter.value().zero_();
    const auto tiny = image({1, 8, 12, 12}, {place.device, torch::kFloat}).mul_(1e-40).to(place.dtype);
    const auto difference =
        (output_of(*fused, tiny) - output_of(*folded, tiny)).to(torch::kDouble).abs().max();
    const auto smallest_normal = place.dtype == torch::kHalf ? 6.2e-5 : 1.2e-38;
    CHECK(difference.item<double>() <= smallest_normal);
  }
}

TEST_CASE("NaN and infinity end up where the deployed form puts them", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const auto value =
      GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
               -std::numeric_limits<double>::infinity());
  const std::int64_t channel = GENERATE(0, 3, 4, 7);
  const std::int64_t row = GENERATE(0, 6, 11), column = GENERATE(0, 5, 13);
  const std::int64_t out = GENERATE(8, 12);
  const std::string recalibration = GENERATE("none", "scale");
  auto options = shape_options(8, out, 5);
  options["recalibration"] = recalibration;
  for (const auto& place : places()) {
    auto input = image({2, 8, 12, 14}, place);
    input.index_put_({0, channel, row, column}, value);
    CAPTURE(value, channel, row, column);
    check_against_deploy(name, options, input, place, tolerance_at(place));
  }
}

TEST_CASE("inputs with any strides are taken, and the output is contiguous", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  for (const auto& place : places()) {
    const auto block = fusable(name, shape_options(8, 12), Form::fused, place);
    const auto check = [&](const std::string& kind, const torch::Tensor& input) {
      CAPTURE(name, kind, place.text());
      const auto output = output_of(*block, input);
      CHECK(output.is_contiguous());
      CHECK(compare("output", output, output_of(*block, input.contiguous().clone()), 1e-6).within);
    };
    check("channels_last", image({2, 8, 9, 11}, place).contiguous(torch::MemoryFormat::ChannelsLast));
    check("transposed", image({2, 8, 9, 11}, place).transpose(2, 3));
    check("every other channel", image({2, 16, 9, 11}, place).slice(1, 0, 16, 2));
    check("a window", image({2, 8, 20, 20}, place).slice(2, 3, 13).slice(3, 5, 16));
    check("one image for all", image({1, 8, 9, 11}, place).expand({3, 8, 9, 11}));
    check("one pixel for all", image({2, 8, 1, 1}, place).expand({2, 8, 9, 11}));
    for (const std::int64_t offset : {1, 2, 3, 5})
      check("off the alignment",
            image({2 * 8 * 9 * 11 + offset}, place).slice(0, offset).view({2, 8, 9, 11}));
  }
}

TEST_CASE("no image gives no image", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  for (const auto& place : places()) {
    const auto block = fusable(name, shape_options(8, 12), Form::fused, place);
    const auto output = output_of(*block, image({0, 8, 9, 11}, place));
    CHECK(output.sizes() == torch::IntArrayRef{0, 12, 9, 11});
    CHECK(output.options().dtype() == place.dtype);
  }
}

TEST_CASE("where there is no kernel, a fused block computes as folded and says so", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const Place at{torch::kCPU, GENERATE(torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16)};
  const std::int64_t kernel_size = GENERATE(7, 11);
  const auto fused = fusable(name, shape_options(8, 12, kernel_size), Form::fused, at);
  const auto folded = fusable(name, shape_options(8, 12, kernel_size), Form::folded, at);
  const bool has_kernel = at.dtype == torch::kFloat && kernel_size == 7;
  CHECK(fused->no_kernel().has_value() != has_kernel);
  if (has_kernel) return;
  const auto input = image({2, 8, 9, 11}, at);
  CHECK(torch::equal(output_of(*fused, input), output_of(*folded, input)));
}

TEST_CASE("a fused block has the tensors of a folded one", "[blocks][fused]") {
  const auto name = all_names();
  const auto fused = fusable(name, shape_options(8, 12), Form::fused);
  const auto folded = fusable(name, shape_options(8, 12), Form::folded);
  const auto expected = state_dict(folded->module());
  const auto found = state_dict(fused->module());
  REQUIRE(found.keys() == expected.keys());
  for (const auto& item : expected) CHECK(torch::equal(found[item.key()], item.value()));
  CHECK(count_parameters(fused->module()) == count_parameters(folded->module()));
}

TEST_CASE("the order of switches to the fused form does not matter, and there is no way back",
          "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const auto input = image({1, 8, 9, 9});
  const auto expected = output_of(*fusable(name, shape_options(8, 12), Form::fused), input);
  const auto block = fusable(name, shape_options(8, 12), Form::train);
  for (const auto form : {Form::deploy, Form::folded, Form::fused, Form::fused}) block->switch_to(form);
  CHECK(torch::equal(output_of(*block, input), expected));
  for (const auto form : {Form::train, Form::deploy, Form::folded})
    CHECK_THROWS_AS(block->switch_to(form), UserError);
}

TEST_CASE("blocks without a fused form take the deepest they have", "[blocks][fused]") {
  const auto form_of = [](const std::string& name, const Options& options) {
    return make_block(name, options, Form::fused)->form();
  };
  CHECK(form_of("RepConv", shape_options(8, 8, 3)) == Form::deploy);
  CHECK(form_of("ConvBnRelu", shape_options(8, 8, 1)) == Form::folded);
  CHECK(form_of("PRCM", {{"channels", std::int64_t{8}}}) == Form::train);
}

TEST_CASE("a fused block is built from its options and loaded", "[blocks][fused]") {
  const Exactly exactly;
  FastSTMBlock built(BlockOptions(8, 12).kernel_size(5).form(Form::fused));
  built->eval();
  CHECK(is_frozen(*built));
  const auto other = fusable("FastSTMBlock", shape_options(8, 12, 5), Form::fused);
  const auto input = image({1, 8, 7, 7});
  CHECK_FALSE(torch::equal(built->forward(input), output_of(*other, input)));
  load_state_dict(*built, state_dict(other->module()), "test");
  CHECK(torch::equal(built->forward(input), output_of(*other, input)));
}

TEST_CASE("a fused block goes through torch::save and torch::load", "[blocks][fused]") {
  const Exactly exactly;
  const auto options = BlockOptions(8, 12).kernel_size(3).form(Form::fused);
  STMBlock block(options), other(options);
  for (auto* each : {&block, &other}) (*each)->eval();
  const auto input = image({1, 8, 6, 6});
  CHECK_FALSE(torch::equal(other->forward(input), block->forward(input)));
  std::stringstream stream;
  torch::save(block, stream);
  torch::load(other, stream);
  CHECK(torch::equal(other->forward(input), block->forward(input)));
}

TEST_CASE("a fused block's clone is on its own", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const auto block = fusable(name, shape_options(8, 12), Form::fused);
  const auto input = image({1, 8, 6, 6});
  const auto expected = output_of(*block, input);
  const auto copy = std::dynamic_pointer_cast<FusableBlock>(block->module().clone());
  REQUIRE(copy);
  copy->module().eval();
  CHECK(copy->form() == Form::fused);
  CHECK(is_frozen(copy->module()));
  CHECK(torch::equal(output_of(*copy, input), expected));
  for (auto& parameter : block->module().parameters()) parameter.zero_();
  CHECK(torch::equal(output_of(*copy, input), expected));
  CHECK_FALSE(torch::equal(output_of(*block, input), expected));
}

TEST_CASE("a clone's parameters require a gradient where the original's do", "[blocks]") {
  const auto block = fusable("FastSTMBlock", shape_options(8, 12), Form::train);
  auto parameters = block->module().parameters();
  parameters[1].set_requires_grad(false);
  const auto copies = block->module().clone()->parameters();
  for (std::size_t i = 0; i < copies.size(); ++i) CHECK(copies[i].requires_grad() == (i != 1));
}

TEST_CASE("a fused block follows its dtype and back", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  const auto block = fusable(name, shape_options(8, 12), Form::fused);
  const auto input = image({1, 8, 6, 6});
  const auto expected = output_of(*block, input);
  block->module().to(torch::kDouble);
  CHECK(block->no_kernel());
  const auto wide = output_of(*block, input.to(torch::kDouble));
  CHECK(wide.scalar_type() == torch::kDouble);
  CHECK(compare("output", expected, wide, 1e-5).within);
  block->module().to(torch::kFloat);
  CHECK_FALSE(block->no_kernel());
  CHECK(torch::equal(output_of(*block, input), expected));
  for (const auto& place : places()) {
    block->module().to(place.device, place.dtype);
    const auto moved = output_of(*block, input.to(place.options()));
    CHECK(compare("output", moved.cpu(), expected, 4 * tolerance_at(place)).within);
  }
}

TEST_CASE("a fused block sees that its weights were edited", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  for (const auto& place : places()) {
    const auto fused = fusable(name, shape_options(8, 12), Form::fused, place);
    const auto folded = fusable(name, shape_options(8, 12), Form::folded, place);
    const auto input = image({1, 8, 9, 9}, place);
    output_of(*fused, input);
    const auto names = fused->module().named_parameters().keys();
    for (const auto& parameter : names) {
      CAPTURE(name, parameter, place.text());
      const auto before = output_of(*fused, input);
      for (auto* block : {&*fused, &*folded}) block->module().named_parameters()[parameter].mul_(-1.5);
      const auto after = output_of(*fused, input);
      CHECK_FALSE(torch::equal(after, before));
      CHECK(compare("output", after, output_of(*folded, input), tolerance_at(place)).within);
    }
  }
}

TEST_CASE("of edits that leave no version, a fused block is told", "[blocks][fused]") {
  const c10::InferenceMode inference;
  DWBlock block(BlockOptions(8, 8).form(Form::fused));
  block->eval();
  const auto input = image({1, 8, 9, 9});
  const auto before = block->forward(input);
  for (auto& parameter : block->parameters()) parameter.mul_(2);
  block->switch_to(Form::fused);
  CHECK_FALSE(torch::equal(block->forward(input), before));
}

TEST_CASE("the fused form refuses a gradient and never gives a graph", "[blocks][fused]") {
  const auto name = all_names();
  const std::int64_t kernel_size = GENERATE(7, 11);
  const auto block = fusable(name, shape_options(8, 12, kernel_size), Form::fused);
  auto input = image({1, 8, 9, 9});
  CHECK(is_frozen(block->module()));
  CHECK_FALSE(output_of(*block, input).requires_grad());

  input.set_requires_grad(true);
  CHECK_THROWS_AS(block->run(input), UserError);
  {
    const torch::NoGradGuard no_grad;
    CHECK_FALSE(output_of(*block, input).requires_grad());
  }
  input.set_requires_grad(false);
  block->module().parameters()[0].set_requires_grad(true);
  try {
    block->run(input);
    FAIL("no error");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).find(name + ".form: a gradient of the form fused; allowed: ") == 0);
  }
}

TEST_CASE("the fused form has no training mode where dropout would act", "[blocks][fused]") {
  const Exactly exactly;
  const auto name = all_names();
  auto options = shape_options(8, 12);
  const auto input = image({1, 8, 9, 9});
  const auto block = fusable(name, options, Form::fused);
  const auto expected = output_of(*block, input);
  block->module().train();
  CHECK_THROWS_AS(block->run(input), UserError);
  block->module().eval();
  CHECK(torch::equal(output_of(*block, input), expected));

  options["dropout_rate"] = 0.0;
  const auto steady = fusable(name, options, Form::fused);
  steady->module().train();
  CHECK(torch::equal(output_of(*steady, input), expected));
}

TEST_CASE("several threads may call one fused block", "[blocks][fused]") {
  const auto name = all_names();
  const auto block = fusable(name, shape_options(24, 24), Form::fused);
  const auto input = image({2, 24, 20, 20});
  const auto expected = output_of(*fusable(name, shape_options(24, 24), Form::fused), input);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      const torch::NoGradGuard no_grad;
      for (int call = 0; call < 50; ++call)
        if (!torch::equal(output_of(*block, input), expected)) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("what is called while a guard lives is computed by operations", "[blocks][fused]") {
  const Exactly exactly;
  const auto block = fusable("STMBlock", shape_options(8, 12), Form::fused);
  const auto folded = fusable("STMBlock", shape_options(8, 12), Form::folded);
  const auto input = image({1, 8, 9, 9});
  const UnfusedGuard guard;
  CHECK(torch::equal(output_of(*block, input), output_of(*folded, input)));
}

TEST_CASE("the fused form checks its input as the others do", "[blocks][fused]") {
  const auto name = all_names();
  const auto block = fusable(name, shape_options(8, 12), Form::fused);
  CHECK_THROWS_AS(block->run(torch::randn({1, 6, 9, 9})), UserError);
  CHECK_THROWS_AS(block->run(torch::randn({8, 9, 9})), UserError);
  CHECK_THROWS_AS(block->run(torch::randn({1, 8, 9, 9}, torch::kDouble)), UserError);
}
