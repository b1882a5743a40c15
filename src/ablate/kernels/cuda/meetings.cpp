#include "ablate/kernels/cuda/meetings.hpp"

#include <ATen/ops/zeros.h>
#include <c10/cuda/CUDAException.h>

namespace ablate::kernels::cuda {

at::Tensor Meetings::zeroed(const at::TensorOptions& options) const {
  const auto bytes = static_cast<int64_t>(words_ * 8 + blocks_ * 4);
  return at::zeros({bytes}, options.dtype(at::kByte).requires_grad(false));
}

Rendezvous Meetings::within(const at::Tensor& memory) const {
  auto* words = static_cast<unsigned long long*>(memory.data_ptr());
  return {words, reinterpret_cast<unsigned*>(words + words_)};
}

Rendezvous Meetings::of(cudaStream_t stream, const at::TensorOptions& options) {
  auto status = cudaStreamCaptureStatusNone;
  unsigned long long capture = 0;
  C10_CUDA_CHECK(cudaStreamGetCaptureInfo(stream, &status, &capture));
  if (status == cudaStreamCaptureStatusNone) capture = 0;
  auto& memory = memory_[{stream, capture}];
  if (!memory.defined() && capture != 0) std::swap(memory, spare_);
  if (!memory.defined()) memory = zeroed(options);
  if (capture == 0 && !spare_.defined()) {
    spare_ = zeroed(options);
    // A capture's replays may come on any stream: the zeros must be there by then. Once a plan and a capture.
    C10_CUDA_CHECK(cudaStreamSynchronize(stream));
  }
  return within(memory);
}

}  // namespace ablate::kernels::cuda
