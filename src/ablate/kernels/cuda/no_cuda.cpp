// In place of the CUDA kernels where the program is built without CUDA, or without nvcc.

#include "ablate/kernels/cuda/cuda_block.hpp"

#include <stdexcept>

namespace ablate::kernels {

struct CudaBlock::Packed {};

std::optional<std::string> CudaBlock::refuses(const BlockParts&) {
  return "this program was built without CUDA kernels";
}

CudaBlock::CudaBlock(const BlockParts&) {
  throw std::logic_error("this program was built without CUDA kernels");
}
CudaBlock::~CudaBlock() = default;
CudaBlock::CudaBlock(CudaBlock&&) noexcept = default;
CudaBlock& CudaBlock::operator=(CudaBlock&&) noexcept = default;
at::Tensor CudaBlock::operator()(const at::Tensor& input) const { return input; }
Scheme CudaBlock::scheme(const ImageShape&) const { return {}; }

}  // namespace ablate::kernels
