#include "ablate/measure/measure.hpp"
#include "blocks/support.hpp"
#include "catch.hpp"
#include "run/written.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <fstream>

using namespace ablate;
using namespace ablate::testing;

namespace {

/// A folder with TorchScript files, made here: no Python is needed. Gone with the test.
struct ScriptFolder {
  ScriptFolder() { std::filesystem::create_directories(path); }
  ~ScriptFolder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }

  std::filesystem::path path = std::filesystem::temp_directory_path() / "ablate-script-test";
};

torch::jit::Module norm_module(std::int64_t channels) {
  torch::jit::Module norm("Norm");
  norm.register_parameter("weight", torch::rand({channels}) + 0.5, false);
  norm.register_parameter("bias", torch::randn({channels}), false);
  norm.register_buffer("running_mean", torch::randn({channels}));
  norm.register_buffer("running_var", torch::rand({channels}) + 0.5);
  norm.define(R"(
    def forward(self, x):
        return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var,
                                False, 0.1, 1e-5, False)
  )");
  return norm;
}

/// A 3 x 3 convolution and a batch norm, then a gate; in its deploy form a convolution alone with the gate.
torch::jit::Module gated(std::int64_t channels) {
  torch::manual_seed(5);
  torch::jit::Module module("Gated");
  module.register_parameter("weight", torch::randn({channels, channels, 3, 3}), false);
  module.register_parameter("bias", torch::zeros({0}), false);
  module.register_parameter("basis", torch::randn({channels, channels}), false);
  module.register_attribute("deployed", c10::BoolType::get(), false);
  module.register_module("norm", norm_module(channels));
  module.define(R"(
    def forward(self, x):
        if self.deployed:
            y = torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], 1)
        else:
            y = self.norm.forward(torch.conv2d(x, self.weight, None, [1, 1], [1, 1], [1, 1], 1))
        gate = torch.sigmoid(torch.linear(torch.mean(y, [2, 3]), self.basis))
        return torch.relu(y * gate.unsqueeze(-1).unsqueeze(-1))

    def switch_to_deploy(self):
        if not self.deployed:
            gain = self.norm.weight / torch.sqrt(self.norm.running_var + 1e-5)
            self.weight = self.weight * gain.reshape([-1, 1, 1, 1])
            self.bias = self.norm.bias - self.norm.running_mean * gain
            none = torch.empty([0])
            self.norm.weight = none
            self.norm.bias = none
            self.norm.running_mean = none
            self.norm.running_var = none
            self.deployed = True
  )");
  return module;
}

constexpr auto gated_block = R"({"torchscript": "gated.pt"})";

torch::Tensor given_by(Block& block, const torch::Tensor& input) {
  const torch::InferenceMode inference;
  return block.run(input).front();
}

std::shared_ptr<Block> saved_gated(const ScriptFolder& folder, std::int64_t channels) {
  gated(channels).save(folder.file("gated.pt"));
  return make_from(gated_block, channels, channels, folder.path.string());
}

constexpr std::int64_t pixels = 6 * 5;

}  // namespace

TEST_CASE("a TorchScript file's parameters, buffers and multiplications are counted", "[blocks][script]") {
  const ScriptFolder folder;
  const bool optimised = GENERATE(true, false);
  const torch::jit::GraphOptimizerEnabledGuard guard(optimised);
  const auto block = saved_gated(folder, 8);
  const auto input = torch::randn({1, 8, 6, 5});
  // The executor profiles at first and may rewrite the graph then: every call is counted alike.
  for (int call = 0; call < 4; ++call) {
    const auto counts = count(*block, input);
    CHECK(counts.params == 8 * 8 * 9 + 8 * 8 + 2 * 8);
    CHECK(counts.buffers == 2 * 8);
    CHECK(counts.macs == 8 * 8 * 9 * pixels + 8 * pixels + 8 * 8 + 8 * pixels);
  }
  const auto children = parts(block->module());
  REQUIRE(children.size() == 2);
  CHECK(children[0].name == "(own)");
  CHECK(children[1].name == "norm");
  CHECK(children[1].type == "Norm");
  CHECK(children[1].buffers == 16);
}

TEST_CASE("a TorchScript module with switch_to_deploy has both forms", "[blocks][script]") {
  const ScriptFolder folder;
  const auto block = saved_gated(folder, 8);
  const auto input = torch::randn({2, 8, 6, 5});
  const auto trained = given_by(*block, input);
  block->switch_to(Form::fused);
  CHECK(block->form() == Form::deploy);
  CHECK(relative_error(given_by(*block, input), trained) < 1e-5);
  CHECK(count_parameters(block->module()) == 8 * 8 * 9 + 8 * 8 + 8);
  CHECK(count_buffers(block->module()) == 0);
  CHECK_THROWS_AS(block->switch_to(Form::train), UserError);
}

TEST_CASE("a second module in a TorchScript file is its deploy form", "[blocks][script]") {
  const ScriptFolder folder;
  auto deployed = gated(8);
  deployed.run_method("switch_to_deploy");
  std::ostringstream bytes;
  deployed.save(bytes);
  torch::jit::Module norm = norm_module(8);
  norm.save(folder.file("gated.pt"), {{"deploy.pt", bytes.str()}});
  const auto block = make_from(gated_block, 8, 8, folder.path.string());
  block->module().to(torch::kDouble);
  CHECK(count_parameters(block->module()) == 16);
  block->switch_to(Form::deploy);
  CHECK(count_parameters(block->module()) == 8 * 8 * 9 + 8 * 8 + 8);
  CHECK(given_by(*block, torch::randn({1, 8, 4, 4}, torch::kDouble)).scalar_type() == torch::kDouble);
}

TEST_CASE("a TorchScript module without a deploy form stays in its train form", "[blocks][script]") {
  const ScriptFolder folder;
  norm_module(4).save(folder.file("gated.pt"));
  const auto block = make_from(gated_block, 4, 4, folder.path.string());
  block->switch_to(Form::deploy);
  CHECK(block->form() == Form::train);
}

TEST_CASE("a copy of a TorchScript block gives the same from tensors of its own", "[blocks][script]") {
  const ScriptFolder folder;
  const auto deploy = GENERATE(false, true);
  const auto block = saved_gated(folder, 8);
  if (deploy) block->switch_to(Form::deploy);
  const auto input = torch::randn({1, 8, 6, 5});
  const torch::InferenceMode inference;
  const auto copy = std::dynamic_pointer_cast<Block>(block->module().clone());
  REQUIRE(copy);
  CHECK(copy->form() == block->form());
  CHECK(torch::equal(copy->run(input).front(), block->run(input).front()));
  const auto tensors = block->module().parameters(), copies = copy->module().parameters();
  REQUIRE(tensors.size() == copies.size());
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].numel() > 0) CHECK(tensors[i].data_ptr() != copies[i].data_ptr());
  copy->module().to(torch::kDouble);
  CHECK(copy->run(input.to(torch::kDouble)).front().scalar_type() == torch::kDouble);
  CHECK(block->run(input).front().scalar_type() == torch::kFloat);
}

TEST_CASE("a TorchScript file that does not suit is named", "[blocks][script]") {
  const ScriptFolder folder;
  const auto block = saved_gated(folder, 8);
  const auto fixed = user_error_of([&] { given_by(*block, torch::randn({1, 6, 4, 4})); });
  CHECK(fixed.starts_with("" + (folder.path / "study.json").string() + ": /variants/mine/block: gated.pt: "));
  CHECK(fixed.find("[1, 6, 4, 4]") != std::string::npos);
  CHECK(fixed.find('\n') == std::string::npos);

  const auto wider = make_from(gated_block, 8, 12, folder.path.string());
  const auto narrow = user_error_of([&] { given_by(*wider, torch::randn({1, 8, 4, 4})); });
  CHECK(narrow.find("gives [1, 8, 4, 4]; allowed: [N, 12, H, W]") != std::string::npos);

  const auto known = written(gated_block, folder.path.string());
  std::ofstream(folder.file("gated.pt")) << "something else";
  CHECK(user_error_of([&] { make_written(known, 8, 8); }).find("has changed") != std::string::npos);
  const auto broken = user_error_of([&] { make_from(gated_block, 8, 8, folder.path.string()); });
  CHECK(broken.find("a file that torch.jit.save wrote") != std::string::npos);
}

TEST_CASE("a TorchScript block can be part of another", "[blocks][script]") {
  const ScriptFolder folder;
  gated(8).save(folder.file("gated.pt"));
  const auto block = make_from(R"({"residual": {"torchscript": "gated.pt"}})", 8, 8, folder.path.string());
  const auto input = torch::randn({1, 8, 6, 5});
  const auto trained = given_by(*block, input);
  block->switch_to(Form::deploy);
  CHECK(block->form() == Form::deploy);
  CHECK(relative_error(given_by(*block, input), trained) < 1e-5);
}
