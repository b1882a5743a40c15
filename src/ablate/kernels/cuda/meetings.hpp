#pragma once

#include "ablate/kernels/cuda/problem.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <utility>

namespace ablate::kernels::cuda {

/// The memory of one plan's rendezvous. Launches that may run at one time must not share any: each stream has
/// its own, and each capture of a CUDA graph, whose replays may run beside anything. Within a stream or a
/// capture one launch follows the other.
///
/// Memory must be all zero before its first launch. A capture takes memory that was zeroed before; where none
/// is left, the zeroing is captured too, and each replay begins with it.
class Meetings {
 public:
  Meetings(std::size_t words, std::size_t blocks) : words_(words), blocks_(blocks) {}

  Rendezvous of(cudaStream_t stream, const at::TensorOptions& options);

 private:
  at::Tensor zeroed(const at::TensorOptions& options) const;
  Rendezvous within(const at::Tensor& memory) const;

  std::size_t words_, blocks_;
  std::map<std::pair<cudaStream_t, unsigned long long>, at::Tensor>
      memory_;        // of a stream and a capture, or 0
  at::Tensor spare_;  // for the next capture
};

}  // namespace ablate::kernels::cuda
