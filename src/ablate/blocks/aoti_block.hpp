#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/blocks/block.hpp"

#include <map>
#include <memory>
#include <string>

namespace torch::inductor {
class AOTIModelPackageLoader;
}

namespace ablate {

/// A block that AOTInductor compiled: a package (.pt2) for one device and dtype, and one shape unless it was
/// exported otherwise. What it multiplies cannot be seen; `scripts/export_block.py` writes into the package's
/// metadata what it has and takes, which is read here. Without that, its counts are unknown.
class AotiBlock : public torch::nn::Module, public Block {
 public:
  /// Loads the package. Throws UserError as ScriptBlock does.
  AotiBlock(BlockExpr file, std::int64_t out_channels);
  ~AotiBlock() override;

  torch::nn::Module& module() override { return *this; }

  /// Throws UserError naming the file for an input of another shape, dtype or device than it was compiled
  /// for.
  Outputs run(const torch::Tensor& input) override;

  std::optional<Declared> declared() const override;

  /// Loaded anew.
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;
  /// Throws UserError unless it was compiled for that.
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override;

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& allowed) const;
  bool takes(at::IntArrayRef shape) const;

  BlockExpr file_;
  std::string name_;
  std::int64_t out_channels_;
  std::unique_ptr<torch::inductor::AOTIModelPackageLoader> package_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::int64_t> shape_;  ///< of the input; -1: any. Empty: the package checks by itself
};

}  // namespace ablate
