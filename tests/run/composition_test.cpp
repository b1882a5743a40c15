#include "ablate/check/check.hpp"
#include "ablate/measure/measure.hpp"
#include "blocks/support.hpp"
#include "catch.hpp"
#include "run/written.hpp"

using namespace ablate;
using namespace ablate::testing;

namespace {

constexpr auto stm_of_parts = R"({"split": {"parts": ["identity", {"sequence": [
    {"block": "RepConv", "options": {"kernel_size": 7, "padding": 3, "groups": "channels"}},
    "AffinePRCM"]}], "shuffle": true}})";

/// The parameters and buffers of `block`, by names in which `from` stands as `to`.
std::map<std::string, torch::Tensor> renamed(Block& block,
                                             const std::vector<std::pair<std::string, std::string>>& names) {
  std::map<std::string, torch::Tensor> found;
  const auto add = [&](const auto& items) {
    for (const auto& item : items) {
      auto name = item.key();
      for (const auto& [from, to] : names)
        if (name.starts_with(from)) name.replace(0, from.size(), to);
      found.emplace(name, item.value());
    }
  };
  add(block.module().named_parameters());
  add(block.module().named_buffers());
  return found;
}

torch::Tensor output_of(Block& block, const torch::Tensor& input) {
  const torch::InferenceMode inference;
  return block.run(input).front();
}

std::string failure_of(const std::string& block, std::int64_t in, std::int64_t out) {
  return user_error_of([&] { output_of(*make_from(block, in, out), torch::randn({1, in, 8, 8})); });
}

}  // namespace

TEST_CASE("STMBlock written from its parts is STMBlock, in every form", "[blocks]") {
  const auto form = GENERATE(Form::train, Form::deploy, Form::fused);
  const auto written_out = make_from(stm_of_parts, 16, 16);
  const auto block =
      make_block("STMBlock", {{"in_channels", std::int64_t{16}}, {"out_channels", std::int64_t{16}}});
  randomise_batch_norms(block->module());
  block->module().eval();
  {
    const torch::NoGradGuard no_grad;
    auto to = renamed(*written_out, {});
    for (const auto& [name, tensor] : renamed(*block, {{"dw_repconv.", "1.0."}, {"affine_prcm.", "1.1."}})) {
      INFO(name);
      REQUIRE(to.contains(name));
      to.at(name).copy_(tensor);
      to.erase(name);
    }
    REQUIRE(to.empty());
  }
  written_out->switch_to(form);
  block->switch_to(form);
  CHECK(count_parameters(written_out->module()) == count_parameters(block->module()));
  CHECK(count_buffers(written_out->module()) == count_buffers(block->module()));
  const auto input = torch::randn({2, 16, 9, 7});
  CHECK(count(*written_out, input).macs == count(*block, input).macs);
  CHECK(relative_error(output_of(*written_out, input), output_of(*block, input)) < 1e-5);
}

TEST_CASE("a repeated block has weights of its own each time", "[blocks]") {
  const auto twice = make_from(R"({"repeat": {"block": "DWBlock", "times": 2}})", 8, 8);
  const auto once =
      make_block("DWBlock", {{"in_channels", std::int64_t{8}}, {"out_channels", std::int64_t{8}}});
  CHECK(count_parameters(twice->module()) == 2 * count_parameters(once->module()));
  const auto tensors = renamed(*twice, {});
  CHECK_FALSE(torch::equal(tensors.at("0.prcm.basis"), tensors.at("1.prcm.basis")));
  const auto children = parts(twice->module());
  REQUIRE(children.size() == 2);
  CHECK(children[1].type == "DWBlock");
  CHECK(children[1].params == count_parameters(once->module()));
}

TEST_CASE("the first part that can changes the channels, the others keep them", "[blocks]") {
  const auto input = torch::randn({1, 8, 6, 6});
  const auto out = [&](const std::string& block, std::int64_t channels) {
    return output_of(*make_from(block, 8, channels), input).size(1);
  };
  CHECK(out(R"({"repeat": {"block": "DWBlock", "times": 3}})", 12) == 12);
  CHECK(out(R"({"sequence": ["PRCM", "ConvBnRelu", "PRCM"]})", 12) == 12);
  CHECK(out(R"({"sequence": [{"block": "ConvBnRelu", "out_channels": 32}, "DWBlock"]})", 8) == 8);
  CHECK(out(R"({"parallel": ["ConvBnRelu", "DWBlock", "ConvBnRelu"], "join": "concat"})", 11) == 11);
  CHECK(out(R"({"parallel": ["ConvBnRelu", "DWBlock"]})", 10) == 10);
  CHECK(out(R"({"split": {"fraction": 0.25, "parts": ["ConvBnRelu", "DWBlock"]}})", 16) == 16);
}

TEST_CASE("sums, products and slices are those of the tensors", "[blocks]") {
  const auto input = torch::randn({2, 8, 5, 5});
  const auto given = [&](const std::string& block) { return output_of(*make_from(block, 8, 8), input); };
  CHECK(torch::equal(given(R"({"residual": "identity"})"), 2 * input));
  CHECK(torch::equal(given(R"({"parallel": ["identity", "Concat"]})"), 2 * input));
  CHECK(torch::equal(given(R"({"parallel": ["identity", "Concat"], "join": "multiply"})"), input * input));
  CHECK(
      torch::equal(given(R"({"split": {"sizes": [2, 6], "parts": ["identity", {"residual": "identity"}]}})"),
                   torch::cat({input.narrow(1, 0, 2), 2 * input.narrow(1, 2, 6)}, 1)));
  CHECK(torch::equal(given(R"({"sequence": ["identity"]})"), input));
}

TEST_CASE("a part whose shapes do not fit is named by its place in the study", "[blocks]") {
  struct Misfit {
    const char *block, *place;
    std::int64_t in, out;
    const char* says;
  };
  const Misfit misfits[] = {
      {R"({"residual": "DWBlock"})", "", 8, 12, "8 channels where 12"},
      {R"({"sequence": ["DWBlock", "PRCM", {"block": "STMBlock"}]})", "/sequence/2", 7, 7, "an even integer"},
      {R"({"sequence": ["PRCM", "PRCM"]})", "", 8, 12, "8 channels where 12"},
      {R"({"split": {"sizes": [2, 4], "parts": ["PRCM", "PRCM"]}})", "", 8, 8, "slices of 2, 4"},
      {R"({"split": {"parts": ["identity", "ConvBnRelu"], "shuffle": true}})", "", 8, 11, "split"},
      {R"({"parallel": ["identity", "PRCM"], "join": "concat"})", "", 8, 8, "-8 of 8 channels"},
      {R"({"sequence": ["PRCM", "Chunk"]})", "/sequence/1", 8, 8, "2 outputs"},
      {R"({"residual": {"block": "RepConv", "options": {"stride": 2}}})", "/residual", 8, 8, "[1, 8, 4, 4]"},
      {R"({"sequence": [{"residual": {"sequence": ["PRCM", {"block": "ChannelShuffle", "options": {"groups": 3}}]}}]})",
       "/sequence/0/residual/sequence/1", 8, 8, "groups"},
  };
  for (const auto& misfit : misfits) {
    const auto message = failure_of(misfit.block, misfit.in, misfit.out);
    INFO(misfit.block << ": " << message);
    CHECK(message.starts_with(fmt::format("study.json: /variants/mine/block{}", misfit.place)));
    if (std::string(misfit.says) != "split") CHECK(message.find(misfit.says) != std::string::npos);
  }
}

TEST_CASE("a copy of a written block gives the same from tensors of its own", "[blocks]") {
  const auto form = GENERATE(Form::train, Form::deploy, Form::fused);
  const auto block = make_from(stm_of_parts, 16, 16);
  block->switch_to(form);
  const auto copy = std::dynamic_pointer_cast<Block>(block->module().clone());
  REQUIRE(copy);
  const auto input = torch::randn({1, 16, 6, 6});
  CHECK(copy->form() == block->form());
  CHECK(torch::equal(output_of(*copy, input), output_of(*block, input)));
  const auto tensors = block->module().parameters(), copies = copy->module().parameters();
  REQUIRE(tensors.size() == copies.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) CHECK(tensors[i].data_ptr() != copies[i].data_ptr());
  copy->module().to(torch::kDouble);
  CHECK(output_of(*copy, input.to(torch::kDouble)).scalar_type() == torch::kDouble);
}
