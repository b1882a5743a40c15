#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/blocks/block.hpp"

#include <vector>

namespace ablate {

/// A block made of others, as a study writes it: a sequence, a residual sum, a split or branches in parallel.
/// Children are named by their places: "0", "1". All take one tensor and give one.
class Composition : public torch::nn::Module, public Block {
 public:
  /// One null part passes its input on.
  using Parts = std::vector<std::shared_ptr<Block>>;

  /// `sizes`: of a split, the channels of each part's slice. `how` is the block as the study writes it.
  Composition(BlockExpr how, Parts parts, std::vector<std::int64_t> sizes = {});

  torch::nn::Module& module() override { return *this; }

  /// Throws UserError naming the part, by its place in the study, that refused its input or gave a shape that
  /// the join cannot take.
  Outputs run(const torch::Tensor& input) override;

  /// The deepest of the parts' forms.
  Form form() const override;
  /// Every part goes there, each as far as it can.
  void switch_to(Form form) override;

  /// Nothing is known of a block with a part that hides its operations.
  std::optional<Declared> declared() const override;

  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const override;
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Device device, bool non_blocking = false) override;

 private:
  torch::Tensor run_part(std::size_t part, const torch::Tensor& input);
  torch::Tensor sequence(torch::Tensor x);
  torch::Tensor residual(const torch::Tensor& input);
  torch::Tensor split(const torch::Tensor& input);
  torch::Tensor parallel(const torch::Tensor& input);
  void check_same(const torch::Tensor& one, const torch::Tensor& other, std::size_t part) const;

  BlockExpr how_;
  Parts parts_;
  std::vector<std::int64_t> sizes_;
};

}  // namespace ablate
