#include "ablate/blocks/script_block.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

namespace ablate {
namespace {

constexpr auto deployed_name = "deploy.pt";
constexpr auto deploy_method = "switch_to_deploy";

/// The tensors that `script` itself has, and not one of its children.
struct OwnTensors : torch::nn::Module {
  explicit OwnTensors(const torch::jit::Module& script) : Module(script.type()->name()->name()) {
    for (const auto& parameter : script.named_parameters(false))
      register_parameter(parameter.name, parameter.value, false);
    for (const auto& buffer : script.named_buffers(false)) register_buffer(buffer.name, buffer.value);
  }
};

/// One module of a TorchScript file, with the same tensors under the same names.
struct Mirror : OwnTensors {
  explicit Mirror(const torch::jit::Module& script) : OwnTensors(script) {
    for (const auto& child : script.named_children())
      register_module(child.name, std::make_shared<Mirror>(child.value));
  }
};

Outputs tensors_of(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  Outputs outputs;
  if (value.isTensorList())
    for (const torch::Tensor& tensor : value.toTensorVector()) outputs.push_back(tensor);
  else if (value.isTuple())
    for (const auto& element : value.toTupleRef().elements())
      if (element.isTensor()) outputs.push_back(element.toTensor());
  return outputs;
}

}  // namespace

std::string file_of(const BlockExpr& block) {
  const auto hash = content_hash(block.path);
  if (!hash) throw UserError(block.place, fmt::format("{} cannot be read", block.path), "a file");
  if (*hash != block.hash)
    throw UserError(block.place, fmt::format("{} has changed: its hash is {}", block.path, *hash),
                    fmt::format("the file whose hash is {}", block.hash));
  return block.path;
}

std::string telling_line(const std::exception& error) {
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  std::string_view text = own ? own->what_without_backtrace() : error.what();
  text = text.substr(0, text.find("\nException raised from"));
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  auto line = text.substr(text.rfind('\n') + 1);
  constexpr std::string_view prefix = "RuntimeError: ";
  if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  return std::string(line);
}

ScriptBlock::ScriptBlock(const BlockExpr& file, std::int64_t out_channels)
    : Module(short_name(file)), place_(file.place), file_(short_name(file)), out_channels_(out_channels) {
  const auto path = file_of(file);
  torch::jit::ExtraFilesMap extra{{deployed_name, {}}};
  try {
    script_ = torch::jit::load(path, torch::kCPU, extra);
  } catch (const c10::Error& error) {
    refuse(telling_line(error), "a file that torch.jit.save wrote");
  }
  if (!extra[deployed_name].empty())
    deployed_ = std::make_shared<const std::string>(std::move(extra[deployed_name]));
  mirror();
}

void ScriptBlock::refuse(const std::string& what, const std::string& allowed) const {
  throw UserError(place_, fmt::format("{}: {}", file_, what), allowed);
}

/// Anew: a module cannot give up tensors, but it can give up children.
void ScriptBlock::mirror() {
  std::vector<std::string> names;
  for (const auto& child : named_children()) names.push_back(child.key());
  for (const auto& child : names) unregister_module(child);
  const auto own = std::make_shared<OwnTensors>(script_);
  if (!own->parameters().empty() || !own->buffers().empty()) register_module("(own)", own);
  for (const auto& child : script_.named_children())
    register_module(child.name, std::make_shared<Mirror>(child.value));
}

Outputs ScriptBlock::run(const torch::Tensor& input) {
  try {
    auto outputs = tensors_of(script_.forward({input}));
    if (outputs.empty()) refuse("gives no tensor", "a tensor, or several");
    if (outputs.size() == 1 && (outputs[0].dim() != 4 || outputs[0].size(1) != out_channels_))
      refuse(fmt::format("gives [{}]", fmt::join(outputs[0].sizes(), ", ")),
             fmt::format("[N, {}, H, W]", out_channels_));
    return outputs;
  } catch (const UserError&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    refuse(telling_line(error),
           fmt::format("an input that it takes; it was given [{}]", fmt::join(input.sizes(), ", ")));
  }
}

void ScriptBlock::deploy() {
  const torch::NoGradGuard no_grad;
  try {
    if (script_.find_method(deploy_method)) {
      script_.run_method(deploy_method);
    } else {
      std::istringstream bytes(*deployed_);
      const auto like = parameters();
      auto deployed = torch::jit::load(bytes, torch::kCPU);
      deployed.train(is_training());
      script_ = std::move(deployed);
      mirror();
      if (!like.empty()) move_module(*this, like[0].device(), like[0].scalar_type(), false);
    }
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    refuse(fmt::format("{}: {}", deploy_method, telling_line(error)), "a deploy form that works");
  }
}

void ScriptBlock::switch_to(Form wanted) {
  check_forward(file_, form_, wanted);
  const bool has_deploy = deployed_ || script_.find_method(deploy_method);
  if (wanted < Form::deploy || !has_deploy || form_ == Form::deploy) return;
  deploy();
  form_ = Form::deploy;
  mirror();
}

std::shared_ptr<torch::nn::Module> ScriptBlock::clone(const std::optional<torch::Device>& device) const {
  auto copy = std::make_shared<ScriptBlock>(*this);
  copy->script_ = script_.deepcopy(device);
  copy->mirror();
  return copy;
}

void ScriptBlock::train(bool on) {
  torch::nn::Module::train(on);
  script_.train(on);
}

void ScriptBlock::to(torch::Device device, torch::Dtype dtype, bool non_blocking) {
  move_module(*this, device, dtype, non_blocking);
}
void ScriptBlock::to(torch::Dtype dtype, bool non_blocking) {
  move_module(*this, std::nullopt, dtype, non_blocking);
}
void ScriptBlock::to(torch::Device device, bool non_blocking) {
  move_module(*this, device, std::nullopt, non_blocking);
}

}  // namespace ablate
