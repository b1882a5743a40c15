#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/mixing.cuh"
#include "ablate/kernels/cuda/resident_list.cuh"

namespace ablate::kernels::cuda {

template <typename T>
MixingInstance mixing_instance() {
  return {element_of<typename T::Element>,
          T::K,
          T::TW,
          T::TH,
          T::OH,
          T::block_threads,
          T::chunk,
          T::row_tiles,
          T::boxes,
          T::exact,
          T::stages,
          T::keeps_weights,
          T::in_width,
          T::memory,
          general::entry<mixing<T>>()};
}

/// Any image, any alignment.
template <typename E, int K>
std::array<MixingInstance, 2> mixing_anywhere() {
  constexpr bool exact = sizeof(E) == 4;
  return {mixing_instance<MixingTraits<E, K, 16, 8, 4, 256, 2, 1, false, exact, false, 4, 1>>(),
          mixing_instance<MixingTraits<E, K, 8, 4, 2, 128, 1, 1, false, exact, false, 4, 1>>()};
}

/// By the copy engine (sm_90), 7 x 7.
template <typename E>
auto mixing_by_boxes() {
  constexpr bool exact = sizeof(E) == 4;
  constexpr int pad = sizeof(E) == 4 ? 4 : 0;  // rows of boxes are whole 16 bytes
  return std::to_array<MixingInstance>(
      {mixing_instance<MixingTraits<E, 7, 16, 2, 2, 128, 1, 1, true, exact, true, 0, 1>>(),
       mixing_instance<MixingTraits<E, 7, 16, 2, 2, 384, 1, 1, true, exact, true, 0, 1>>(),
       mixing_instance<MixingTraits<E, 7, 16, 4, 2, 256, 1, 1, true, exact, true, 0, 1>>(),
       mixing_instance<MixingTraits<E, 7, 16, 8, 4, 256, 2, 1, true, exact, true, pad, 1>>(),
       mixing_instance<MixingTraits<E, 7, 32, 8, 4, 256, 4, 1, true, exact, false, 0, 2>>()});
}

}  // namespace ablate::kernels::cuda
