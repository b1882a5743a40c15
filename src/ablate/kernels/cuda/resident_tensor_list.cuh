#pragma once

// As resident_list.cuh, for the kernels whose convolution the tensor cores do.

#include "ablate/kernels/cuda/resident_list.cuh"
#include "ablate/kernels/cuda/resident_tensor.cuh"

#include <array>

namespace ablate::kernels::cuda {

template <typename T>
ResidentInstance tensor_instance() {
  auto instance = resident_instance_of<T>(general::entry<resident_tensor<T>>());
  instance.box_width = slab_columns, instance.on_tensor = true;
  return instance;
}

template <typename E, bool Passes>
auto resident_on_tensor() {
  return std::to_array<ResidentInstance>({tensor_instance<TensorTraits<E, 64, 2, 2, Passes, 2>>(),
                                          tensor_instance<TensorTraits<E, 64, 4, 2, Passes, 1>>()});
}

}  // namespace ablate::kernels::cuda
