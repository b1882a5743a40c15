#include "ablate/check/check.hpp"

#include "ablate/blocks/infer.hpp"
#include "ablate/check/convert.hpp"
#include "ablate/check/option_json.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/weights/safetensors.hpp"
#include "ablate/weights/state_dict.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace ablate {
namespace {

using nlohmann::ordered_json;

/// What one golden file holds, sorted by what it is for.
class Golden {
 public:
  Golden(const std::filesystem::path& path, torch::Device device)
      : file_(read_safetensors(path)), path_(path.string()), device_(device) {
    block_ = metadata("block");
    const auto text = metadata("options");
    const auto options = ordered_json::parse(text, nullptr, false);
    if (!options.is_object())
      throw UserError(path_ + ": __metadata__/options", text, "a JSON object of the block's options");
    for (const auto& [name, value] : options.items())
      options_.emplace(name, option_value(value, path_ + ": __metadata__/options/" + name));
    block_type(block_, path_ + ": __metadata__/block");
    check_options_against_weights();
    if (!has("input"))
      throw UserError(path_, "no tensor \"input\"", "a golden file: weights.*, input, output.*");
  }

  bool has(const std::string& name) const { return file_.tensors.contains(name); }
  torch::Tensor tensor(const std::string& name) const { return file_.tensors[name]; }
  torch::Tensor input() const { return tensor("input").detach().clone().to(device_); }

  /// Tensors below `prefix`, named without it.
  NamedTensors below(const std::string& prefix) const {
    NamedTensors found;
    for (const auto& item : file_.tensors)
      if (item.key().starts_with(prefix)) found.insert(item.key().substr(prefix.size()), item.value());
    return found;
  }

  /// The block with the file's weights, in the input's dtype; without dropout where it is to be trained.
  std::shared_ptr<Block> build(bool dropout) const {
    auto options = options_;
    if (!dropout && block_type(block_).spec.find("dropout_rate")) options["dropout_rate"] = 0.0;
    auto block = make_block(block_, options);
    block->module().to(tensor("input").scalar_type());
    load_state_dict(block->module(), below("weights."), path_);
    block->module().to(device_);
    return block;
  }

 private:
  /// Before anything is built: options alone could ask for more memory than there is, weights in a file
  /// cannot.
  void check_options_against_weights() const {
    for (const auto& [name, value] : infer_options(block_, shapes_of(below("weights.")), options_, path_))
      if (const auto given = options_.find(name); given != options_.end() && given->second != value)
        throw UserError(path_ + ": __metadata__/options/" + name, text_of(given->second),
                        text_of(value) + ", as the shapes of its weights say");
  }

  std::string metadata(const std::string& key) const {
    const auto found = file_.metadata.find(key);
    if (found == file_.metadata.end())
      throw UserError(path_ + ": __metadata__", "no \"" + key + "\"", "block and options, as texts");
    return found->second;
  }

  TensorFile file_;
  std::string path_, block_;
  Options options_;
  torch::Device device_;
};

/// Compares what a golden file has under `prefix` with tensors of the block.
void compare_all(std::vector<Difference>& differences, const Golden& golden, const std::string& prefix,
                 const NamedTensors& actual, double tolerance) {
  for (const auto& expected : golden.below(prefix)) {
    const auto name = prefix + expected.key();
    const auto* found = actual.find(expected.key());
    differences.push_back(found ? compare(name, *found, expected.value(), tolerance)
                                : Difference{name, 0, 0, false, "the block has no such tensor", 0});
  }
}

void verify_evaluation(std::vector<Difference>& differences, const Golden& golden, double tolerance) {
  torch::NoGradGuard no_grad;
  const auto block = golden.build(true);
  block->module().eval();
  const auto check_output = [&](const std::string& name) {
    if (golden.has(name))
      differences.push_back(
          compare(name, block->run(golden.input()).front(), golden.tensor(name), tolerance));
  };
  check_output("output.eval");
  block->switch_to(Form::deploy);
  check_output("output.deploy");
  compare_all(differences, golden, "deploy.", state_dict(block->module()), tolerance);
}

/// One call in training mode, and the gradient of the sum of squares of its output.
struct Trained {
  torch::Tensor output;
  NamedTensors after, gradients;
};

Trained train_once(const Golden& golden) {
  const auto block = golden.build(false);
  auto& module = block->module();
  module.train();
  const auto input = golden.input().requires_grad_();
  Trained trained;
  trained.output = block->run(input).front();
  trained.output.square().sum().backward();
  trained.after = state_dict(module);
  trained.gradients.insert("input", input.grad());
  for (const auto& parameter : module.named_parameters())
    if (parameter.value().grad().defined())
      trained.gradients.insert(parameter.key(), parameter.value().grad());
  return trained;
}

/// A weight whose scale the next batch norm takes out has a gradient of nearly nothing: a sum of large terms
/// that cancel, of which rounding is left, different in any two runs. Such a tensor may differ by four
/// roundings of the largest element of the whole gradient, the vector that an optimiser steps along.
void allow_cancellation(std::vector<Difference>& differences, const NamedTensors& gradients,
                        double rounding) {
  double largest = 0;
  for (const auto& gradient : gradients)
    largest = std::max(largest, gradient.value().abs().max().to(torch::kDouble).item<double>());
  for (auto& difference : differences) {
    if (difference.within || !difference.note.empty() || !difference.tensor.starts_with("grad.")) continue;
    difference.within = difference.absolute <= 4 * rounding * largest;
    if (difference.within)
      difference.note = fmt::format("ok, {:.1e} of the whole gradient", difference.absolute / largest);
  }
}

void verify_training(std::vector<Difference>& differences, const Golden& golden, double tolerance) {
  const auto trained = train_once(golden);
  if (golden.has("output.train"))
    differences.push_back(compare("output.train", trained.output, golden.tensor("output.train"), tolerance));
  compare_all(differences, golden, "after.", trained.after, tolerance);
  compare_all(differences, golden, "grad.", trained.gradients, tolerance);
  const bool single = golden.input().scalar_type() == torch::kFloat;
  allow_cancellation(differences, trained.gradients,
                     single ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon());
}

}  // namespace

std::vector<Difference> verify_golden(const std::filesystem::path& file, torch::Device device,
                                      double tolerance) {
  const Golden golden(file, device);
  const MathMode exact(false);
  std::vector<Difference> differences;
  try {
    verify_evaluation(differences, golden, tolerance);
    verify_training(differences, golden, tolerance);
  } catch (const c10::Error& error) {
    throw UserError(file.string(), error.what_without_backtrace(),
                    "weights and input that the block can run on");
  }
  if (differences.empty())
    throw UserError(file.string(), "nothing to compare", "output.*, deploy.*, after.*, grad.*");
  return differences;
}

}  // namespace ablate
