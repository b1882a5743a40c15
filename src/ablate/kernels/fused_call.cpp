#include "ablate/kernels/fused_call.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace ablate::kernels {
namespace {

/// 0 for tensors that have none: those made under InferenceMode.
uint32_t version_of(const at::Tensor& tensor) {
  const auto& counter = tensor.unsafeGetTensorImpl()->version_counter();
  return counter.enabled() ? counter.current_version() : 0;
}

std::shared_ptr<const Made> make(const BlockParts& parts) {
  auto made = std::make_shared<Made>();
  if (auto reason = FusedBlock::refuses(parts))
    made->why_not = std::move(*reason);
  else
    made->block.emplace(parts);
  return made;
}

}  // namespace

FusedCall::Seen::Seen(const at::Tensor& tensor)
    : storage(tensor.storage().getWeakStorageImpl()),
      address(tensor.storage().unsafeGetStorageImpl()),
      offset(tensor.storage_offset()),
      version(version_of(tensor)) {}

bool FusedCall::Seen::is(const at::Tensor& tensor) const {
  const auto* impl = tensor.unsafeGetTensorImpl();
  return impl->unsafe_storage().unsafeGetStorageImpl() == address && impl->storage_offset() == offset &&
         version_of(tensor) == version;
}

FusedCall& FusedCall::operator=(const FusedCall& other) {
  if (this != &other) forget();
  return *this;
}

std::shared_ptr<const Made> FusedCall::made(const Weights& weights, c10::function_ref<BlockParts()> parts) {
  const std::lock_guard lock(mutex_);
  if (made_ && is_current(weights)) return made_;
  made_.reset();
  // Packing is no operation that anybody could want a gradient of.
  const at::NoGradGuard no_grad;
  std::vector<Seen> seen;
  for (const auto* tensor : weights) seen.emplace_back(*tensor);
  made_ = make(parts());
  seen_ = std::move(seen);
  return made_;
}

void FusedCall::forget() {
  const std::lock_guard lock(mutex_);
  made_.reset();
}

bool FusedCall::is_current(const Weights& weights) const {
  return std::ranges::equal(seen_, weights,
                            [](const Seen& seen, const at::Tensor* tensor) { return seen.is(*tensor); });
}

}  // namespace ablate::kernels
