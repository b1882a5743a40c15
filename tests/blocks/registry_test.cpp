#include "ablate/blocks/registry.hpp"
#include "ablate/blocks/infer.hpp"
#include "ablate/blocks/rep_conv.hpp"
#include "catch.hpp"

using namespace ablate;

TEST_CASE("every registered block can be made from its defaults and run", "[blocks]") {
  torch::NoGradGuard no_grad;
  for (const auto& type : block_types()) {
    INFO(type.spec.name);
    Options options;
    for (const auto& option : type.spec.options)
      if (!option.fallback) options[option.name] = std::int64_t{8};
    const auto block = make_block(type.spec.name, options);
    block->module().eval();
    CHECK(block->run(torch::randn({1, 8, 7, 7})).front().dim() == 4);
    for (const auto form : type.spec.forms) {
      block->switch_to(form);
      CHECK(block->form() == form);
    }
  }
}

TEST_CASE("the registry's defaults are those of the options structs", "[blocks]") {
  const auto& spec = block_type("RepConv").spec;
  const RepConvOptions defaults(1, 1);
  CHECK(std::get<std::int64_t>(*spec.find("kernel_size")->fallback) == defaults.kernel_size());
  CHECK(std::get<std::int64_t>(*spec.find("padding")->fallback) == defaults.padding());
  CHECK(std::get<bool>(*spec.find("use_activation")->fallback) == defaults.use_activation());
  const auto own = [](const char* block) {
    return std::get<std::string>(*block_type(block).spec.find("recalibration")->fallback);
  };
  CHECK(own("DWBlock") == "scale");
  CHECK(own("STMBlock") == "affine");
  CHECK(own("FastSTMBlock") == "scale");
}

TEST_CASE("a block that is not registered is an error with the nearest name", "[blocks]") {
  try {
    block_type("DWBlok", "study.json: /variants/a/block");
    FAIL("no error");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).find("study.json: /variants/a/block: DWBlok") == 0);
    CHECK(std::string(error.what()).find("did you mean DWBlock?") != std::string::npos);
  }
}

TEST_CASE("options outside their range name option, value and range", "[blocks]") {
  try {
    make_block("DWBlock", {{"in_channels", std::int64_t{8}},
                           {"out_channels", std::int64_t{8}},
                           {"kernel_size", std::int64_t{4}}});
    FAIL("no error");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()) == "DWBlock.kernel_size: 4; allowed: an odd integer, at least 1");
  }
}

TEST_CASE("parts that were removed are read off the weights", "[blocks]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const std::string recalibration = GENERATE("none", "scale", "affine");
  const auto removed = GENERATE("", "kxk", "pointwise", "identity", "mixing");
  const auto& spec = block_type(name).spec;
  Options options{{"in_channels", std::int64_t{8}}, {"out_channels", std::int64_t{12}}};
  options["recalibration"] = recalibration;
  if (spec.find(removed)) options[removed] = false;
  Shapes shapes;
  for (const auto& parameter : make_block(name, options)->module().named_parameters())
    shapes.emplace(parameter.key(), parameter.value().sizes().vec());
  INFO(name << " " << recalibration << " " << removed);
  CHECK((complete(spec, infer_options(name, shapes, {}, "weights"), "") == complete(spec, options, "")));
}

TEST_CASE("a RepConv's weights tell its branches, but not why there is no identity", "[blocks]") {
  const auto told = [](const RepConvOptions& options) {
    Shapes shapes;
    for (const auto& parameter : RepConv(options)->named_parameters())
      shapes.emplace(parameter.key(), parameter.value().sizes().vec());
    return infer_options("RepConv", shapes, {{"groups", std::int64_t{8}}}, "weights");
  };
  const auto whole = told(RepConvOptions(8, 8).groups(8));
  CHECK_FALSE(whole.contains("kxk"));
  CHECK((told(RepConvOptions(8, 8).groups(8).identity(false)) == whole));
  CHECK((told(RepConvOptions(8, 8).groups(8).stride(2)) == whole));
  CHECK_FALSE(std::get<bool>(told(RepConvOptions(8, 8).groups(8).pointwise(false)).at("pointwise")));
  const auto alone = told(RepConvOptions(8, 8).groups(8).kxk(false).pointwise(false));
  CHECK((alone == Options{{"in_channels", std::int64_t{8}},
                          {"out_channels", std::int64_t{8}},
                          {"groups", std::int64_t{8}},
                          {"kxk", false},
                          {"pointwise", false}}));
}

TEST_CASE("options are read off the shapes of trained weights", "[blocks]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto out = GENERATE(std::int64_t{8}, std::int64_t{12});
  const Options options{{"in_channels", std::int64_t{8}},
                        {"out_channels", out},
                        {"kernel_size", std::int64_t{5}},
                        {"num_basis", std::int64_t{3}}};
  Shapes shapes;
  for (const auto& parameter : make_block(name, options)->module().named_parameters())
    shapes.emplace(parameter.key(), parameter.value().sizes().vec());
  CHECK((infer_options(name, shapes, {}, "weights") == options));
  shapes.clear();
  CHECK_THROWS_AS(infer_options(name, shapes, {}, "weights"), UserError);
}
