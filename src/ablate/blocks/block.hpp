#pragma once

#include "ablate/base/error.hpp"
#include "ablate/base/terms.hpp"
#include "ablate/base/traits.hpp"

// Not <torch/torch.h>: the whole frontend costs every file twice the time to compile.
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/utils.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The room of the blocks under study. Each is a LibTorch module (options, Impl, holder) whose registered
/// names equal the state dict of its Python twin, so that weights move both ways. `fuse` holds the algebra of
/// re-parameterisation, the modules call it, `registry` lists them all by name.

namespace ablate {

/// One tensor for most blocks, two for those that split.
using Outputs = c10::SmallVector<torch::Tensor, 2>;

/// What a block that hides its operations says of itself, as far as it does; see Counts.
struct Declared {
  std::optional<std::int64_t> params, buffers;  ///< elements
  std::optional<std::int64_t> macs, moved;      ///< of a call on `counted_at`; moved: elements
  std::vector<std::int64_t> counted_at;         ///< shape of an input
};

/// What the rest of the program asks of a module under study.
class Block {
 public:
  virtual ~Block() = default;

  virtual torch::nn::Module& module() = 0;

  /// The forward pass. Throws UserError for an input of the wrong rank, channels, dtype or device.
  virtual Outputs run(const torch::Tensor& input) = 0;

  virtual Form form() const { return Form::train; }

  /// Lays the block out anew; parameters keep device, dtype and training flag. Idempotent. A form that the
  /// block does not have is the deepest before it that it has. Throws UserError for the way back: fused
  /// weights do not say which branch they came from.
  virtual void switch_to(Form) {}

  /// Split, active channels, passive path, recalibration, mixing; empty for parts of blocks.
  virtual Traits traits() const { return {}; }

  /// Of a block whose operations cannot be counted; none: they can.
  virtual std::optional<Declared> declared() const { return std::nullopt; }
};

/// Base of every block: a cloneable module that is a Block, or a kind of one.
template <typename Derived, typename Kind = Block>
class BlockModule : public torch::nn::Cloneable<Derived>, public Kind {
 public:
  torch::nn::Module& module() final { return *this; }

  Outputs run(const torch::Tensor& input) final {
    return Outputs{static_cast<Derived&>(*this).forward(input)};
  }

  // LibTorch's own clone has every parameter require a gradient, whatever the original's do.
  std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = std::nullopt) const final;

  // LibTorch's own `to` also casts num_batches_tracked, an integer, which half precision cannot count with.
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) final;
  void to(torch::Dtype dtype, bool non_blocking = false) final;
  void to(torch::Device device, bool non_blocking = false) final;
};

/// Moves every tensor of `module`; those that are not floating point keep their dtype, as in Python.
void move_module(torch::nn::Module& module, std::optional<torch::Device> device,
                 std::optional<torch::Dtype> dtype, bool non_blocking);

/// The parameters of `copy`, a clone of `module`, require a gradient where those of `module` do.
void copy_requires_grad(const torch::nn::Module& module, torch::nn::Module& copy);

torch::Dtype scalar_type(Dtype dtype);

/// Throws UserError unless `input` is [N, channels, H, W], with the dtype and device of `like`.
void check_input(std::string_view block, const torch::Tensor& input, int64_t channels,
                 const torch::Tensor& like);

/// Throws UserError unless `wanted` is reached from `present` by going forward.
void check_forward(std::string_view block, Form present, Form wanted);

template <typename Derived, typename Kind>
std::shared_ptr<torch::nn::Module> BlockModule<Derived, Kind>::clone(
    const std::optional<torch::Device>& device) const {
  auto copy = torch::nn::Cloneable<Derived>::clone(device);
  copy_requires_grad(*this, *copy);
  return copy;
}

template <typename Derived, typename Kind>
void BlockModule<Derived, Kind>::to(torch::Device device, torch::Dtype dtype, bool non_blocking) {
  move_module(*this, device, dtype, non_blocking);
}

template <typename Derived, typename Kind>
void BlockModule<Derived, Kind>::to(torch::Dtype dtype, bool non_blocking) {
  move_module(*this, std::nullopt, dtype, non_blocking);
}

template <typename Derived, typename Kind>
void BlockModule<Derived, Kind>::to(torch::Device device, bool non_blocking) {
  move_module(*this, device, std::nullopt, non_blocking);
}

}  // namespace ablate
