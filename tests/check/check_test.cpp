#include "ablate/check/check.hpp"
#include "ablate/base/error.hpp"
#include "ablate/check/convert.hpp"
#include "ablate/check/param_counts.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/weights/safetensors.hpp"
#include "ablate/weights/state_dict.hpp"
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace ablate;

namespace {

const std::filesystem::path golden = std::filesystem::path(ABLATE_SOURCE_DIR) / "tests/golden";

std::vector<std::filesystem::path> golden_files(const std::filesystem::path& folder = golden) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// A copy of a golden file that the test may spoil; gone with it.
struct Copy {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "ablate_check_test.safetensors";
  TensorFile file;

  explicit Copy(const std::string& name) : file(read_safetensors(golden / name)) {}
  ~Copy() { std::filesystem::remove(path); }
  const std::filesystem::path& write() const {
    write_safetensors(path, file);
    return path;
  }
};

std::vector<std::string> outside(const std::vector<Difference>& differences) {
  std::vector<std::string> names;
  for (const auto& difference : differences)
    if (!difference.within) names.push_back(difference.tensor);
  return names;
}

}  // namespace

TEST_CASE("every tensor of every golden file is given within 1e-5", "[check]") {
  const auto files = golden_files();
  REQUIRE(files.size() == 20);
  for (const auto& file : files) {
    INFO(file);
    const auto differences = verify_golden(file, torch::kCPU, 1e-5);
    CHECK(outside(differences).empty());
    CHECK(differences.size() >= 4);
  }
}

TEST_CASE("the blocks of the literature give what torchvision's and timm's own modules give", "[check]") {
  const auto files = golden_files(golden / "zoo");
  REQUIRE(files.size() == 18);
  for (const auto& file : files) {
    INFO(file);
    const auto differences = verify_golden(file, torch::kCPU, 1e-5);
    CHECK(outside(differences).empty());
    CHECK(differences.size() >= 4);
  }
}

TEST_CASE("a changed tensor of a block of the literature is named", "[check]") {
  const auto [file, name] = GENERATE(table<std::string, std::string>({
      {"zoo/MobileOneBlock_i8_o8_b4", "deploy.1.reparam_conv.bias"},
      {"zoo/RepVGGBlock_i8_o12_g4_s2", "output.deploy"},
      {"zoo/InvertedResidual_i8_o8", "after.conv.3.running_var"},
      {"zoo/ConvNeXtBlock_c8", "grad.layer_scale"},
      {"zoo/ECA_c256", "output.eval"},
  }));
  Copy copy(file + ".safetensors");
  copy.file.tensors[name].view(-1)[1] += 0.01 * copy.file.tensors[name].abs().max();
  CHECK(outside(verify_golden(copy.write(), torch::kCPU, 1e-5)) == std::vector<std::string>{name});
}

TEST_CASE("trained weights of the literature's blocks convert, told what leaves no trace", "[check]") {
  for (const auto& path : golden_files(golden / "zoo")) {
    const auto file = read_safetensors(path);
    const auto block = file.metadata.at("block");
    // The channels of these, or a cut-off, leave no trace in their weights.
    if (block == "ECA" || block == "PartialConv" || block == "GhostModule") continue;
    INFO(path);
    Options given;
    const auto name = path.stem().string();
    if (name.ends_with("_s2")) given.emplace("stride", std::int64_t{2});  // as the groups, it leaves no trace
    if (name.starts_with("RepVGGBlock_i8_o12_g4")) given.emplace("groups", std::int64_t{4});
    const auto converted = convert_weights(block, given, Form::folded, file.tensors, "weights.", "test");
    CHECK(converted.difference.within);
    CHECK(converted.params_after <= converted.params_before);
  }
}

TEST_CASE("a golden tensor that was changed is named", "[check]") {
  Copy copy("DWBlock_i8_o12.safetensors");
  const std::string name =
      GENERATE("output.eval", "output.deploy", "deploy.conv.1.fused_conv.bias", "output.train",
               "after.conv.1.bn_kxk.running_mean", "grad.prcm.basis", "grad.input");
  copy.file.tensors[name].view(-1)[1] += 0.01;
  CHECK(outside(verify_golden(copy.write(), torch::kCPU, 1e-5)) == std::vector<std::string>{name});
}

TEST_CASE("a batch counter that was changed is named", "[check]") {
  Copy copy("RepConv_i6_o6_k1_p0.safetensors");
  copy.file.tensors["after.bn_kxk.num_batches_tracked"] += 1;
  CHECK(outside(verify_golden(copy.write(), torch::kCPU, 1e-5)) ==
        std::vector<std::string>{"after.bn_kxk.num_batches_tracked"});
}

TEST_CASE("a golden file that describes no block is a user error", "[check]") {
  Copy copy("PRCM_c16.safetensors");
  SECTION("without a block") { copy.file.metadata.erase("block"); }
  SECTION("of an unknown block") { copy.file.metadata["block"] = "PRCN"; }
  SECTION("with options that are not JSON") { copy.file.metadata["options"] = "{"; }
  SECTION("with options that its weights do not bear out") {
    copy.file.metadata["options"] = R"({"channels": 1000000000000})";
  }
  SECTION("with an option that the block does not have") {
    copy.file.metadata["options"] = R"({"channels": 16, "stride": 1})";
  }
  SECTION("with an input that does not fit") { copy.file.tensors["input"] = torch::randn({2, 3}); }
  CHECK_THROWS_AS(verify_golden(copy.write(), torch::kCPU, 1e-5), UserError);
}

TEST_CASE("comparison sees what numbers hide", "[check]") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto a = torch::tensor({1.0, 2.0});
  CHECK(compare("x", a, a, 0).within);
  CHECK_FALSE(compare("x", torch::tensor({1.0, nan}), a, 1).within);
  CHECK(compare("x", torch::tensor({1.0, nan}), torch::tensor({1.0, nan}), 0).within);
  CHECK_FALSE(compare("x", torch::zeros({2, 1}), torch::zeros({2}), 1).within);
  CHECK(compare("x", torch::tensor({1.0, 2.1}), a, 1).relative > 0.049);
  CHECK_FALSE(compare("x", torch::tensor({1}), torch::tensor({2}), 10).within);
}

TEST_CASE("all forms of all blocks agree over the grid of options", "[check]") {
  const auto checks = check_forms(torch::kCPU);
  CHECK(checks.size() > 40);
  for (const auto& check : checks) {
    INFO(check.block << " " << check.options << " " << name(check.form) << " " << check.difference.relative);
    CHECK(check.difference.within);
  }
}

TEST_CASE("converting trained weights gives the deployed state dict of the golden file", "[check]") {
  const std::string name =
      GENERATE("DWBlock_i12_o8_k5_b4", "STMBlock_i8_o12", "FastSTMBlock_i16_o16_k3_drop0",
               "RepConv_i8_o8_k3_g2", "RepConv_i6_o6_k1_p0");
  const auto file = read_safetensors(golden / (name + ".safetensors"));
  const auto converted =
      convert_weights(file.metadata.at("block"), {}, Form::deploy, file.tensors, "weights.", "test");
  CHECK(converted.difference.within);
  CHECK(converted.params_after < converted.params_before);
  for (const auto& item : file.tensors)
    if (item.key().starts_with("deploy.")) {
      INFO(item.key());
      const auto* found = converted.tensors.find("weights." + item.key().substr(7));
      REQUIRE(found);
      CHECK(compare(item.key(), *found, item.value(), 1e-5).within);
    }
  CHECK(converted.tensors.find("input"));
}

TEST_CASE("weights that cannot be converted are user errors", "[check]") {
  const auto file = read_safetensors(golden / "STMBlock_i8_o12.safetensors");
  const auto convert = [&](const std::string& block, const std::string& prefix) {
    return convert_weights(block, {}, Form::deploy, file.tensors, prefix, "w.safetensors");
  };
  CHECK_THROWS_AS(convert("STMBlock", "stage.0."), UserError);
  CHECK_THROWS_AS(convert("STMBlock", "deploy."), UserError);
  CHECK_THROWS_AS(convert("DWBlock", "weights."), UserError);
  CHECK_THROWS_AS(convert("STMBlok", "weights."), UserError);
}

TEST_CASE("parameter counts are those of the Python modules", "[check]") {
  std::ifstream stream(golden / "params_grid.json");
  const auto grid = nlohmann::json::parse(stream);
  REQUIRE(grid.size() == 33);
  for (const auto& row : grid) {
    INFO(row.dump());
    const Options options{{"in_channels", row["in"].get<std::int64_t>()},
                          {"out_channels", row["out"].get<std::int64_t>()}};
    const auto block = make_block(row["block"].get<std::string>(), options);
    CHECK(count_parameters(block->module()) == row["train"]);
    CHECK(count_buffers(block->module()) == row["train_buffers"]);
    block->switch_to(Form::deploy);
    CHECK(count_parameters(block->module()) == row["deploy"]);
  }
}

TEST_CASE("the gate names what drifted", "[check]") {
  const ParamCount was{
      "DWBlock", {{"kernel_size", std::int64_t{7}}}, Form::train, 20, 2, {{"a", 16}, {"b", 4}}};
  auto now = was;
  CHECK(drift({was}, {now}).empty());

  now.params = 28;
  now.tensors = {{"a", 16}, {"c", 12}};
  const auto drifts = drift({was}, {now});
  REQUIRE(drifts.size() == 1);
  CHECK(drifts[0].block == "DWBlock");
  CHECK(*drifts[0].expected == 20);
  CHECK(*drifts[0].found == 28);
  CHECK(drifts[0].tensors == "b 4 -> none, c none -> 12");

  CHECK_FALSE(drift({was}, {})[0].found);
  CHECK_FALSE(drift({}, {was})[0].expected);
}

namespace {

std::shared_ptr<Block> widened() {
  return make_block("InvertedResidual",
                    {{"in_channels", std::int64_t{64}}, {"out_channels", std::int64_t{64}}});
}

/// A block whose forms but the first have weights that are off by a share.
class Off : public Block {
 public:
  explicit Off(double share) : share_(share) {}
  torch::nn::Module& module() override { return inner_->module(); }
  Outputs run(const torch::Tensor& input) override { return inner_->run(input); }
  void switch_to(Form form) override {
    inner_->switch_to(form);
    for (auto& parameter : module().parameters()) parameter.mul_(1 + share_);
  }

 private:
  std::shared_ptr<Block> inner_ = widened();
  double share_;
};

}  // namespace

TEST_CASE("a form is held against the exact result where rounding parts it from the train form", "[check]") {
  torch::manual_seed(1);
  const auto input = torch::randn({1, 64, 16, 16});
  const auto near = form_difference(widened, Form::folded, 1, input, 1e-5);
  CHECK(near.within);
  CHECK(near.held_to == 1e-5);

  const double nothing_allowed = 1e-12;  // so that the train form's own rounding decides
  const auto exact = form_difference(widened, Form::folded, 1, input, nothing_allowed);
  CHECK(exact.within);
  CHECK(exact.held_to > nothing_allowed);
  CHECK(exact.held_to < 1e-5);
  CHECK(exact.relative <= exact.held_to);

  const auto off = [](double share) { return [share] { return std::make_shared<Off>(share); }; };
  CHECK(form_difference(off(0), Form::folded, 1, input, nothing_allowed).within);
  CHECK_FALSE(form_difference(off(1e-4), Form::folded, 1, input, nothing_allowed).within);
  CHECK_FALSE(form_difference(off(1e-4), Form::folded, 1, input, 1e-5).within);
}
