#pragma once

#include "ablate/kernels/cuda/planes.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace ablate::kernels::cuda {

template <typename E>
constexpr Element element_of = sizeof(E) == 4 ? Element::float32 : Element::float16;
template <>
inline constexpr Element element_of<__nv_bfloat16> = Element::bfloat16;

}  // namespace ablate::kernels::cuda
