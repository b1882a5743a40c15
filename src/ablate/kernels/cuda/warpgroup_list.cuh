#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/warpgroup_mixing.cuh"

namespace ablate::kernels::cuda {

/// `measured`: see WarpgroupInstance.
template <typename T>
WarpgroupInstance warpgroup_instance(double measured) {
  return {element_of<typename T::Element>,
          T::TW,
          T::TH,
          T::OH,
          T::threads,
          T::chunk,
          T::tiles,
          T::columns * T::column_groups,
          T::cluster,
          T::ahead,
          T::early,
          T::boxes,
          T::overlaps,
          T::in_width,
          measured,
          T::memory,
          general::entry<warpgroup_mixing<T>>()};
}

}  // namespace ablate::kernels::cuda
