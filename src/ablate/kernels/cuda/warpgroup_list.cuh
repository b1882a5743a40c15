#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/warpgroup_strips.cuh"

namespace ablate::kernels::cuda {

/// `measured`: see WarpgroupInstance.
template <typename T>
const void* warpgroup_entry() {
  if constexpr (T::strips)
    return general::entry<warpgroup_strips<T>>();
  else
    return general::entry<warpgroup_mixing<T>>();
}

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
          T::strips,
          T::parts,
          T::in_width,
          (T::strips ? T::OH : T::TH) + T::K - 1,
          measured,
          warpgroup_memory<T>,
          warpgroup_entry<T>()};
}

}  // namespace ablate::kernels::cuda
