#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/resident.cuh"

#include <array>

namespace ablate::kernels::cuda {

template <typename E>
constexpr Element element_of = sizeof(E) == 4 ? Element::float32 : Element::float16;
template <>
inline constexpr Element element_of<__nv_bfloat16> = Element::bfloat16;

template <typename T>
ResidentInstance resident_instance() {
  return {element_of<typename T::Element>, T::K, T::TW, T::TH, T::OH, T::groups, T::stages, T::boxes, T::once, T::passes,
          T::threads, T::group_bytes, general::entry<resident<T>>()};
}

/// Any image, any alignment: tiles come by cp.async, which every GPU since sm_80 has.
template <typename E, int K>
std::array<ResidentInstance, 6> resident_anywhere() {
  return {resident_instance<ResidentTraits<E, K, 64, 32, 4, 1, 1, false, true, false, 2>>(),
          resident_instance<ResidentTraits<E, K, 64, 32, 4, 1, 1, false, true, true, 2>>(),
          resident_instance<ResidentTraits<E, K, 32, 8, 2, 1, 1, false, true, false, 8>>(),
          resident_instance<ResidentTraits<E, K, 32, 8, 2, 1, 1, false, true, true, 8>>(),
          resident_instance<ResidentTraits<E, K, 64, 32, 4, 4, 2, false, false, false, 1>>(),
          resident_instance<ResidentTraits<E, K, 64, 32, 4, 4, 2, false, false, true, 1>>()};
}

/// By the copy engine (sm_90), 7 x 7; Passes: with passive channels to copy.
template <typename E, bool Passes>
auto resident_by_boxes() {
  return std::to_array<ResidentInstance>(
      {resident_instance<ResidentTraits<E, 7, 64, 16, 2, 1, 1, true, true, Passes, 4>>(),
       resident_instance<ResidentTraits<E, 7, 64, 32, 4, 1, 1, true, true, Passes, 3>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 4, 1, 1, true, true, Passes, 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 8, 1, 1, true, true, Passes, Passes ? 3 : 4>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 8, 1, 2, true, false, Passes, 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 8, 2, 2, true, false, Passes, 2>>(),
       resident_instance<ResidentTraits<E, 7, 64, 64, 4, 2, 2, true, false, Passes, 1>>()});
}

}  // namespace ablate::kernels::cuda
