#pragma once

#include "ablate/kernels/fused.hpp"

#include <c10/util/FunctionRef.h>
#include <c10/util/SmallVector.h>

#include <mutex>

namespace ablate::kernels {

/// The tensors that a block is made of, in an order of its own; those that it does not have are left out.
using Weights = c10::SmallVector<const at::Tensor*, 9>;

/// What could be made of a block's parts.
struct Made {
  std::optional<FusedBlock> block;
  std::string why_not;  ///< where there is no kernel
};

/// Keeps a block's kernel, whose weights are packed, for as long as the module's own weights stay as they
/// were: looking is a few comparisons a tensor. A weight has changed where its memory is another (`to`,
/// loading), or where its version is (operations in place).
///
/// What PyTorch does not see cannot be seen here: an edit through `.data()` or a raw pointer, and any edit in
/// place of a tensor made under InferenceMode, which has no version. `forget` is for those.
class FusedCall {
 public:
  FusedCall() = default;
  /// A copy belongs to another module, with weights of its own.
  FusedCall(const FusedCall&) {}
  FusedCall& operator=(const FusedCall&);

  /// Made of `parts()` in the first call, and again when `weights` are not what they were. May be called from
  /// several threads at once; what it gives stays valid when another thread has it made anew.
  std::shared_ptr<const Made> made(const Weights& weights, c10::function_ref<BlockParts()> parts);

  void forget();

 private:
  /// A tensor's memory and version when it was packed. The weak reference keeps the address from being given
  /// to another storage, not the memory from being freed.
  struct Seen {
    explicit Seen(const at::Tensor& tensor);
    bool is(const at::Tensor& tensor) const;

    c10::weak_intrusive_ptr<c10::StorageImpl> storage;
    const c10::StorageImpl* address;
    int64_t offset;
    uint32_t version;
  };
  bool is_current(const Weights& weights) const;

  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::shared_ptr<const Made> made_;
};

}  // namespace ablate::kernels
