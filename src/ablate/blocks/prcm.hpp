#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/kernels/fused_call.hpp"

namespace ablate {

/// What a block does with its channels' averages, from the least to the most.
enum class RecalibrationKind { none, scale, affine };
inline constexpr std::array<std::string_view, 3> recalibration_names{"none", "scale", "affine"};

struct PRCMOptions {
  /* implicit */ PRCMOptions(int64_t channels) : channels_(channels) {}

  TORCH_ARG(int64_t, channels);
  TORCH_ARG(int64_t, num_basis) = 8;
  TORCH_ARG(double, dropout_rate) = 0.5;  ///< of the coefficients, while training; [0, 1)
};

/// A recalibration's own tensors; null: it has none such.
struct RecalibrationWeights {
  const torch::Tensor* basis = nullptr;                    ///< [num_basis, channels]
  const torch::Tensor *scale = nullptr, *shift = nullptr;  ///< [channels, num_basis]
};

/// What a block asks of its recalibration, whichever kind it is.
class AnyRecalibration : public Block {
 public:
  virtual RecalibrationWeights weights() const = 0;
  /// Whether the present mode has dropout.
  virtual bool draws() const = 0;
};

/// Pattern recalibration: the global average of each channel is projected on a learnt basis, and the
/// coefficients decide how each channel is scaled. Input and output [N, channels, H, W].
///
/// What all kinds share; `basis` [num_basis, channels] and the projections [channels, num_basis] are named as
/// in the Python state dict.
template <typename Derived>
class Recalibration : public BlockModule<Derived, AnyRecalibration> {
 public:
  /// Throws UserError for options that cannot work.
  explicit Recalibration(PRCMOptions options);

  /// [num_basis, channels].
  const torch::Tensor& weight() const { return basis; }

  bool draws() const override { return this->is_training() && options.dropout_rate() > 0; }

  PRCMOptions options;

 protected:
  void register_basis();
  torch::nn::Linear register_projection(const std::string& name);
  /// [N, num_basis], with dropout while training.
  torch::Tensor coefficients(const torch::Tensor& input);

  torch::Tensor basis;
};

/// x * sigmoid(fuser(coefficients)).
class PRCMImpl : public Recalibration<PRCMImpl> {
 public:
  static constexpr auto block_name = "PRCM";

  explicit PRCMImpl(PRCMOptions options_) : Recalibration(std::move(options_)) { reset(); }
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override { return {{"recalibration", "PRCM (scale)"}}; }
  RecalibrationWeights weights() const override { return {&basis, &fuser->weight, nullptr}; }

 private:
  torch::nn::Linear fuser{nullptr};
};
TORCH_MODULE(PRCM);

/// x * sigmoid(scale_proj(coefficients)) + shift_proj(coefficients).
class AffinePRCMImpl : public Recalibration<AffinePRCMImpl> {
 public:
  static constexpr auto block_name = "AffinePRCM";

  explicit AffinePRCMImpl(PRCMOptions options_) : Recalibration(std::move(options_)) { reset(); }
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override { return {{"recalibration", "AffinePRCM (scale, shift)"}}; }
  RecalibrationWeights weights() const override { return {&basis, &scale_proj->weight, &shift_proj->weight}; }

 private:
  torch::nn::Linear scale_proj{nullptr}, shift_proj{nullptr};
};
TORCH_MODULE(AffinePRCM);

/// PRCM whose projection is named scale_proj.
class SimplePRCMImpl : public Recalibration<SimplePRCMImpl> {
 public:
  static constexpr auto block_name = "SimplePRCM";

  explicit SimplePRCMImpl(PRCMOptions options_) : Recalibration(std::move(options_)) { reset(); }
  void reset() override;
  torch::Tensor forward(const torch::Tensor& input);
  Traits traits() const override { return {{"recalibration", "SimplePRCM (scale)"}}; }
  RecalibrationWeights weights() const override { return {&basis, &scale_proj->weight, nullptr}; }

 private:
  torch::nn::Linear scale_proj{nullptr};
};
TORCH_MODULE(SimplePRCM);

/// The recalibration of a block whose own name for one that scales is `Scale` (PRCMImpl or SimplePRCMImpl);
/// null for none.
template <typename Scale>
std::shared_ptr<AnyRecalibration> make_recalibration(RecalibrationKind kind, const PRCMOptions& options) {
  if (kind == RecalibrationKind::affine) return std::make_shared<AffinePRCMImpl>(options);
  return kind == RecalibrationKind::scale ? std::make_shared<Scale>(options) : nullptr;
}

/// `input`, recalibrated where there is a recalibration.
torch::Tensor recalibrated(const std::shared_ptr<AnyRecalibration>& recalibration,
                           const torch::Tensor& input);

/// Whether there is a recalibration, and its present mode draws random numbers.
bool draws(const std::shared_ptr<AnyRecalibration>& recalibration);

/// `parts` with what the recalibration has, and `weights` with its tensors behind their own.
void add_recalibration(const std::shared_ptr<AnyRecalibration>& recalibration, kernels::BlockParts& parts);
void add_recalibration(const std::shared_ptr<AnyRecalibration>& recalibration, kernels::Weights& weights);

/// What tables call it: "PRCM (scale)", "none".
std::string recalibration_trait(const std::shared_ptr<AnyRecalibration>& recalibration);

}  // namespace ablate
