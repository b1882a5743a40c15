#include "ablate/measure/memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/cuda.h>

#include <algorithm>
#include <mutex>

namespace ablate {
namespace {

/// Told of every allocation of this thread, as the profiler is.
class MemoryObserver : public c10::MemoryReportingInfoBase {
 public:
  explicit MemoryObserver(torch::Device device) : device_(device) {}

  void reportMemoryUsage(void*, int64_t bytes, std::size_t, std::size_t, c10::Device device) override {
    if (device.type() != device_.type()) return;
    const std::lock_guard lock(mutex_);
    held_ += bytes;  // below zero where memory is freed
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t peak() const { return peak_; }

 private:
  torch::Device device_;
  std::mutex mutex_;
  std::int64_t held_ = 0, peak_ = 0;
};

std::int64_t bytes_of(const std::vector<torch::Tensor>& tensors) {
  std::int64_t bytes = 0;
  for (const auto& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace

std::int64_t peak_memory(torch::Device device, const std::function<void()>& call) {
  const auto observer = std::make_shared<MemoryObserver>(device);
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, observer);
    call();
  }
  return observer->peak();
}

Memory memory_of(Block& block, const torch::Tensor& input) {
  const c10::InferenceMode inference;
  Memory memory;
  memory.weights = bytes_of(block.module().parameters()) + bytes_of(block.module().buffers());
  memory.input = static_cast<std::int64_t>(input.nbytes());
  Outputs outputs = block.run(input);  // libraries set themselves up in a first call
  outputs.clear();
  memory.activations = peak_memory(input.device(), [&] { outputs = block.run(input); });
  if (input.is_cuda()) torch::cuda::synchronize(input.device().index());
  return memory;
}

}  // namespace ablate
