#pragma once

// As resident_list.cuh, for the kernels whose convolution the tensor cores do.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/resident_tensor.cuh"

#include <array>

namespace ablate::kernels::cuda {

template <typename T>
ResidentInstance tensor_instance() {
  using Kernel = void (*)(CUtensorMap, ResidentArguments);
  return {element_of<typename T::Element>,
          T::K,
          T::TW,
          T::TH,
          T::OH,
          T::groups,
          T::stages,
          T::boxes,
          T::passes,
          T::threads,
          T::group_bytes,
          reinterpret_cast<const void*>(static_cast<Kernel>(resident_tensor<T>)),
          slab_columns,
          true};
}

template <typename E, bool Passes>
auto resident_on_tensor() {
  return std::to_array<ResidentInstance>({tensor_instance<TensorTraits<E, 64, 2, 2, Passes, 2>>(),
                                          tensor_instance<TensorTraits<E, 64, 4, 2, Passes, 1>>()});
}

}  // namespace ablate::kernels::cuda
