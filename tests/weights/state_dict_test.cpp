#include "ablate/weights/state_dict.hpp"

#include "ablate/base/error.hpp"
#include "ablate/weights/safetensors.hpp"
#include "catch.hpp"
#include "scratch.hpp"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <vector>

using namespace ablate;
using scratch::contains;

namespace {

/// A parameter of its own beside children, registered last: the order of Python's state dict is not that of
/// registration.
struct ToyImpl : torch::nn::Module {
  ToyImpl() {
    conv = register_module(
        "conv", torch::nn::Sequential(torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 6, 3).bias(false)),
                                      torch::nn::BatchNorm2d(6), torch::nn::ReLU()));
    fuser = register_module("fuser", torch::nn::Linear(6, 2));
    offset = register_buffer("offset", torch::zeros({1}));
    basis = register_parameter("basis", torch::randn({3, 6}));
    register_module("plain", torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(2).affine(false)));
    register_module("bare",
                    torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(2).track_running_stats(false)));
  }
  torch::nn::Sequential conv;
  torch::nn::Linear fuser{nullptr};
  torch::Tensor basis, offset;
};
TORCH_MODULE(Toy);

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copy;
  for (const auto& item : tensors) copy.insert(item.key(), item.value().clone());
  return copy;
}

bool equal(const NamedTensors& a, const NamedTensors& b) {
  if (a.keys() != b.keys()) return false;
  for (const auto& item : a)
    if (!torch::equal(item.value(), b[item.key()])) return false;
  return true;
}

/// What is said of weights that do not fit; also checks that they changed nothing.
std::string refusal(Toy& toy, const NamedTensors& tensors) {
  const auto before = copy_of(state_dict(*toy));
  std::string said = "loaded";
  try {
    load_state_dict(*toy, tensors, "m.safetensors");
  } catch (const UserError& error) {
    said = error.what();
  }
  CHECK(equal(before, state_dict(*toy)));
  return said;
}

/// Another toy's weights: none of them equal to those of the toy at hand.
NamedTensors other_weights() {
  auto weights = copy_of(state_dict(*Toy()));
  for (auto& item : weights) item.value() += 1;
  return weights;
}

}  // namespace

TEST_CASE("a state dict has PyTorch's names in PyTorch's order", "[weights]") {
  // Printed by Python for the same module.
  const std::vector<std::string> expected{
      "basis",
      "offset",
      "conv.0.weight",
      "conv.1.weight",
      "conv.1.bias",
      "conv.1.running_mean",
      "conv.1.running_var",
      "conv.1.num_batches_tracked",
      "fuser.weight",
      "fuser.bias",
      "plain.running_mean",
      "plain.running_var",
      "plain.num_batches_tracked",
      "bare.weight",
      "bare.bias",
  };
  CHECK(state_dict(*Toy()).keys() == expected);
}

TEST_CASE("a state dict shares the module's memory and asks for no gradient", "[weights]") {
  const Toy toy;
  const auto tensors = state_dict(*toy);
  CHECK(tensors["basis"].data_ptr() == toy->basis.data_ptr());
  CHECK(!tensors["basis"].requires_grad());
}

TEST_CASE("weights saved from one module and loaded into another make them equal", "[weights]") {
  const scratch::Folder folder;
  const auto weights = other_weights();
  write_safetensors(folder / "m.safetensors", {weights, {}});
  Toy toy;
  const auto* memory = toy->basis.data_ptr();
  load_state_dict(*toy, read_safetensors(folder / "m.safetensors").tensors, "m.safetensors");
  CHECK(equal(state_dict(*toy), weights));
  CHECK(toy->basis.data_ptr() == memory);
  CHECK(toy->basis.requires_grad());
}

TEST_CASE("weights take on the module's dtype, counters in floating point and back", "[weights]") {
  auto weights = other_weights();
  Toy toy;
  toy->to(torch::kDouble);
  load_state_dict(*toy, weights, "m");
  CHECK(toy->basis.dtype() == torch::kDouble);
  CHECK(torch::equal(toy->basis, weights["basis"].to(torch::kDouble)));
  weights["basis"] = weights["basis"].to(torch::kBFloat16);
  load_state_dict(*toy, weights, "m");
  CHECK(torch::equal(toy->basis, weights["basis"].to(torch::kDouble)));

  // LibTorch has made floating point of the counters by now; a fresh module takes them for what they are.
  Toy fresh;
  load_state_dict(*fresh, state_dict(*toy), "m");
  CHECK(torch::equal(state_dict(*fresh)["conv.1.num_batches_tracked"], torch::tensor(1, torch::kInt64)));
}

TEST_CASE("missing and unexpected weights are named, with what was likely meant", "[weights]") {
  Toy toy;
  auto weights = other_weights();
  weights.insert("fuser.wieght", torch::Tensor(weights["fuser.weight"]));
  weights.erase("fuser.weight");
  weights.insert("\x1b[2J", torch::zeros({1}));
  const auto said = refusal(toy, weights);
  CHECK(contains(said, "m.safetensors: missing fuser.weight; unexpected"));
  CHECK(contains(said, "\"fuser.wieght\" (did you mean fuser.weight?)"));
  CHECK(contains(said, "\"\\x1b[2J\"; allowed: the module's own 15 tensors"));
}

TEST_CASE("a weight of another shape or kind is named with both", "[weights]") {
  Toy toy;
  auto weights = other_weights();
  weights["basis"] = torch::zeros({6, 3});
  weights["conv.1.num_batches_tracked"] = torch::zeros({1}, torch::kInt64);
  CHECK(contains(refusal(toy, weights),
                 "basis has shape [6, 3], not [3, 6], conv.1.num_batches_tracked has shape [1], not []"));
  weights = other_weights();
  weights["conv.1.num_batches_tracked"] = torch::tensor(1.5F);
  CHECK(contains(refusal(toy, weights), "conv.1.num_batches_tracked holds Float values that Long cannot"));
}

TEST_CASE("of a file that has nothing to do with the module a few names are listed, not all", "[weights]") {
  Toy toy;
  NamedTensors weights;
  for (int i = 0; i < 5000; ++i) weights.insert("layer." + std::to_string(i), torch::zeros({}));
  const auto said = refusal(toy, weights);
  CHECK(contains(said, "conv.1.num_batches_tracked"));
  CHECK(contains(said, " and 7 more; unexpected \"layer.0\""));
  CHECK(contains(said, " and 4992 more; allowed"));
}
