#include "ablate/blocks/fast_stm_block.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/blocks/stm_block.hpp"
#include "ablate/measure/measure.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace ablate;
using namespace ablate::testing;

namespace {

constexpr std::int64_t channels = 16, kernel = 5, basis = 3;

/// Which branches of a RepConv there are.
struct Kept {
  bool kxk, pointwise, identity;
};

constexpr Kept every_kept[] = {{true, true, true},   {true, true, false},  {true, false, true},
                               {true, false, false}, {false, true, true},  {false, true, false},
                               {false, false, true}, {false, false, false}};

/// By hand: a depthwise RepConv over `c` channels.
std::int64_t branches_by_hand(std::int64_t c, const Kept& kept, bool fused) {
  if (fused) return c * (kept.kxk ? kernel * kernel : 1) + c;
  return (kept.kxk ? c * kernel * kernel + 2 * c : 0) + (kept.pointwise ? c + 2 * c : 0) +
         (kept.identity ? 2 * c : 0);
}

std::int64_t recalibration_by_hand(std::int64_t c, const std::string& kind) {
  return kind == "none" ? 0 : kind == "scale" ? 2 * basis * c : 3 * basis * c;
}

std::shared_ptr<Block> block_with(const std::string& name, const Options& parts) {
  torch::manual_seed(2);
  auto options = parts;
  options["in_channels"] = options["out_channels"] = channels;
  options["kernel_size"] = kernel;
  options["num_basis"] = basis;
  auto block = make_block(name, options);
  randomise_batch_norms(block->module());
  block->module().eval();
  return block;
}

Options options_of(const Kept& kept, const std::string& recalibration) {
  return {{"kxk", kept.kxk},
          {"pointwise", kept.pointwise},
          {"identity", kept.identity},
          {"recalibration", recalibration}};
}

/// Every form of the block computes the same, and so does a copy of it; `by_hand` counts its parameters.
template <typename Count>
void check_block(const std::string& name, const Options& parts, const Count& by_hand) {
  INFO(name << " " << text_of(parts));
  const auto block = block_with(name, parts);
  const auto input = torch::randn({2, channels, 9, 7});
  const auto expected = block->run(input).front();
  CHECK(expected.sizes() == input.sizes());
  for (const auto form : block_type(name).spec.forms) {
    block->switch_to(form);
    CHECK(count_parameters(block->module()) == by_hand(form));
    CHECK(relative_error(block->run(input).front(), expected) < 1e-5);
    const auto copy = std::dynamic_pointer_cast<Block>(block->module().clone());
    CHECK(torch::equal(copy->run(input).front(), block->run(input).front()));
  }
}

}  // namespace

TEST_CASE("any branches of a RepConv fuse into what they computed", "[blocks]") {
  torch::manual_seed(0);
  const auto options =
      GENERATE(depthwise(6, 7), depthwise(6, 1), RepConvOptions(8, 8).groups(2),
               RepConvOptions(6, 10).stride(2), RepConvOptions(4, 4).stride(2).use_activation(false));
  for (const auto& kept : every_kept) {
    const auto asked =
        RepConvOptions(options).kxk(kept.kxk).pointwise(kept.pointwise).identity(kept.identity);
    if (!asked.has_kxk() && !asked.has_pointwise() && !asked.has_identity()) {
      CHECK_THROWS_AS(RepConv(asked), UserError);
      continue;
    }
    for (const auto dtype : {torch::kFloat, torch::kDouble}) {
      auto conv = RepConv(asked);
      randomise_batch_norms(*conv);
      conv->to(dtype);
      conv->eval();
      const auto input = torch::randn({2, options.in_channels(), 9, 11}, dtype);
      const auto expected = conv->forward(input);
      conv->switch_to_deploy();
      CHECK(relative_error(conv->forward(input), expected) < (dtype == torch::kFloat ? 1e-5 : 1e-12));
      CHECK(conv->weight().size(2) == (kept.kxk ? options.kernel_size() : 1));
    }
  }
}

TEST_CASE("a RepConv without its k x k branch sees one pixel alone", "[blocks]") {
  auto conv = RepConv(depthwise(2, 3).kxk(false).use_activation(false));
  conv->eval();
  auto input = torch::zeros({1, 2, 5, 5});
  input.index_put_({0, 0, 2, 2}, 1.0);
  CHECK((conv->forward(input) != 0).sum().item<int64_t>() == 1);
}

TEST_CASE("DWBlock computes the same in all forms without any of its parts", "[blocks]") {
  torch::NoGradGuard no_grad;
  const std::string kind = GENERATE("none", "scale", "affine");
  for (const auto& kept : every_kept)
    if (kept.kxk || kept.pointwise || kept.identity)
      check_block("DWBlock", options_of(kept, kind), [&](Form form) {
        return branches_by_hand(channels, kept, form != Form::train) + recalibration_by_hand(channels, kind);
      });
}

TEST_CASE("STMBlock computes the same in all forms without any of its parts", "[blocks]") {
  torch::NoGradGuard no_grad;
  const std::string kind = GENERATE("none", "scale", "affine");
  const auto shuffle = GENERATE(true, false);
  for (const auto& kept : every_kept)
    if (kept.kxk || kept.pointwise || kept.identity) {
      auto parts = options_of(kept, kind);
      parts["shuffle"] = shuffle;
      check_block("STMBlock", parts, [&](Form form) {
        return branches_by_hand(channels / 2, kept, form != Form::train) +
               recalibration_by_hand(channels / 2, kind);
      });
    }
}

TEST_CASE("FastSTMBlock computes the same in all forms without any of its parts", "[blocks]") {
  torch::NoGradGuard no_grad;
  const std::string kind = GENERATE("none", "scale", "affine");
  const auto mixing = GENERATE(true, false);
  for (const auto& kept : every_kept)
    if (kept.kxk || kept.pointwise || kept.identity) {
      auto parts = options_of(kept, kind);
      parts["mixing"] = mixing;
      check_block("FastSTMBlock", parts, [&](Form form) {
        const auto mix = channels * channels + (form >= Form::folded ? 1 : 2) * channels;
        return branches_by_hand(channels / 2, kept, form != Form::train) +
               recalibration_by_hand(channels / 2, kind) + (mixing ? mix : 0);
      });
    }
}

TEST_CASE("without a shuffle STMBlock's channels stay in their halves", "[blocks]") {
  torch::NoGradGuard no_grad;
  const auto input = torch::randn({1, channels, 4, 4});
  const auto whole = block_with("STMBlock", {})->run(input).front();
  const auto plain = block_with("STMBlock", {{"shuffle", false}})->run(input).front();
  CHECK(torch::equal(plain.slice(1, 0, channels / 2), input.slice(1, 0, channels / 2)));
  CHECK(torch::equal(plain.slice(1, 1, 2), input.slice(1, 1, 2)));
  CHECK(torch::equal(whole.slice(1, 2, 3), input.slice(1, 1, 2)));
  CHECK(torch::equal(whole.slice(1, 1, 2), plain.slice(1, channels / 2, channels / 2 + 1)));
}

TEST_CASE("without mixing FastSTMBlock passes half its channels as they are", "[blocks]") {
  torch::NoGradGuard no_grad;
  const auto input = torch::randn({1, channels, 4, 4});
  const auto output = block_with("FastSTMBlock", {{"mixing", false}})->run(input).front();
  CHECK(torch::equal(output.slice(1, channels / 2), input.slice(1, channels / 2)));
}

TEST_CASE("an affine recalibration has the weights of one that scales, and a shift", "[blocks]") {
  const auto scale = block_with("STMBlock", {{"recalibration", std::string("scale")}});
  const auto affine = block_with("STMBlock", {});
  const auto names = affine->module().named_parameters();
  for (const auto& parameter : scale->module().named_parameters()) CHECK(names.contains(parameter.key()));
  CHECK(names.contains("affine_prcm.shift_proj.weight"));
}

TEST_CASE("a block says which parts it lacks", "[blocks]") {
  const auto none = std::string("none");
  const auto traits = block_with("STMBlock", {{"recalibration", none}, {"shuffle", false}})->traits();
  CHECK((traits[3] == Traits::value_type{"recalibration", "none"}));
  CHECK((traits[4] == Traits::value_type{"mixing", "none"}));
  CHECK(block_with("FastSTMBlock", {{"mixing", false}})->traits()[4].second == "none");
  CHECK(block_with("DWBlock", {{"recalibration", std::string("affine")}})->traits()[3].second ==
        "AffinePRCM (scale, shift)");
}
