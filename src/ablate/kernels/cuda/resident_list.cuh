#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/resident_tended.cuh"

#include <array>

namespace ablate::kernels::cuda {

/// The instance of traits T, whose kernel is `function`.
template <typename T>
ResidentInstance resident_instance_of(const void* function) {
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
          function};
}

template <typename T>
ResidentInstance resident_instance() {
  return resident_instance_of<T>(general::entry<resident<T>>());
}

/// Any image, any alignment: tiles come by cp.async, which every GPU since sm_80 has.
template <typename E, int K>
std::array<ResidentInstance, 2> resident_anywhere() {
  return {resident_instance<ResidentTraits<E, K, 64, 32, 4, 4, 2, false, false, 1>>(),
          resident_instance<ResidentTraits<E, K, 64, 32, 4, 4, 2, false, true, 1>>()};
}

template <typename T>
ResidentInstance tended_instance() {
  auto instance = resident_instance_of<T>(general::entry<resident_tended<T>>());
  instance.tended = true;
  return instance;
}

/// By the copy engine (sm_90), 7 x 7; Passes: with passive channels to copy.
template <typename E, bool Passes>
auto resident_by_boxes() {
  return std::to_array<ResidentInstance>(
      {resident_instance<ResidentTraits<E, 7, 64, 64, 8, 1, 2, true, Passes, 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 8, 2, 2, true, Passes, Passes ? 1 : 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 4, 1, 2, true, Passes, 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 4, 2, 2, true, Passes, 1>>(),
       resident_instance<ResidentTraits<E, 7, 128, 32, 8, 1, 2, true, Passes, 3>>()});
}

/// The same with a warp that tends the others: where channels pass, it pays.
template <typename E>
auto resident_tended_boxes() {
  return std::to_array<ResidentInstance>({tended_instance<TendedTraits<E, 7, 64, 64, 8, 2, true, 3>>(),
                                          tended_instance<TendedTraits<E, 7, 64, 64, 4, 2, true, 2>>()});
}

}  // namespace ablate::kernels::cuda
