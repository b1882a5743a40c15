#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/blocks/block.hpp"

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>

namespace ablate {

/// A block that is a TorchScript file. Its parameters and buffers are seen as those of any module; weights
/// come from the file. It has the form `deploy` where its module has a method `switch_to_deploy`, or where
/// the file holds a second module, in the extra file "deploy.pt", which takes its place. A copy shares the
/// compiled code and has tensors of its own. For inference: parameters require no gradient.
class ScriptBlock : public torch::nn::Module, public Block {
 public:
  /// Loads the file, on the CPU. Throws UserError, its place being the file's in the study, for one that is
  /// missing, is no TorchScript, or is not the one whose hash the study has.
  ScriptBlock(const BlockExpr& file, std::int64_t out_channels);

  torch::nn::Module& module() override { return *this; }

  /// Throws UserError naming the file for an input that its module does not take, and for outputs of another
  /// number of channels than the study asks for.
  Outputs run(const torch::Tensor& input) override;

  Form form() const override { return form_; }
  void switch_to(Form form) override;

  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;
  void train(bool on = true) override;
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Device device, bool non_blocking = false) override;

 private:
  void deploy();
  void mirror();
  [[noreturn]] void refuse(const std::string& what, const std::string& allowed) const;

  std::string place_, file_;
  std::int64_t out_channels_;
  torch::jit::Module script_;
  std::shared_ptr<const std::string> deployed_;  ///< the second module's file; null: there is none
  Form form_ = Form::train;
};

/// The file of `block`, where it is still the one that the study knows; else throws UserError.
std::string file_of(const BlockExpr& block);

/// The line of an error of LibTorch that says most: TorchScript's last, without "RuntimeError: "; no stack.
std::string telling_line(const std::exception& error);

}  // namespace ablate
