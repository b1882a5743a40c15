#pragma once

// From the kernel's traits to what the choice among kernels knows of it.

#include "ablate/kernels/cuda/element_of.cuh"
#include "ablate/kernels/cuda/warpgroup_mixing.cuh"

namespace ablate::kernels::cuda {

template <typename T>
WarpgroupInstance warpgroup_instance() {
  return {element_of<typename T::Element>,
          T::TW,
          T::TH,
          T::OH,
          T::threads,
          T::chunk,
          T::tiles,
          T::columns * T::column_groups,
          T::cluster,
          T::stages,
          T::apart,
          T::boxes,
          T::overlaps,
          T::in_width,
          T::memory,
          general::entry<warpgroup_mixing<T>>()};
}

}  // namespace ablate::kernels::cuda
