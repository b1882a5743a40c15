#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/once.cuh"

#include <array>

namespace ablate::kernels::cuda {

template <typename T>
OnceInstance once_instance() {
  return {element_of<typename T::Element>, T::K, T::OH, T::most_threads, T::boxes, T::passes,
          general::entry<once<T>>()};
}

/// Rows a thread: many for large images, few where there are too few threads otherwise. Registers bound the
/// blocks.
template <typename E, int K, bool Boxes>
auto once_family() {
  return std::to_array<OnceInstance>({once_instance<OnceTraits<E, K, 2, Boxes, false, 512, 1>>(),
          once_instance<OnceTraits<E, K, 2, Boxes, true, 512, 1>>(),
          once_instance<OnceTraits<E, K, 4, Boxes, false, 256, 2>>(),
          once_instance<OnceTraits<E, K, 4, Boxes, true, 256, 2>>(),
          once_instance<OnceTraits<E, K, 8, Boxes, false, 128, 4>>(),
          once_instance<OnceTraits<E, K, 8, Boxes, true, 128, 3>>()});
}

/// One row a thread: images of a few pixels.
template <typename E, int K>
auto once_smallest() {
  return std::to_array<OnceInstance>({once_instance<OnceTraits<E, K, 1, false, false, 128, 4>>(),
                                      once_instance<OnceTraits<E, K, 1, false, true, 128, 4>>()});
}

}  // namespace ablate::kernels::cuda
