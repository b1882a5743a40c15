#pragma once

#include "ablate/kernels/cuda/planes.hpp"

/// The general kernels: any shape, beneath the tuned ones. What their launches share.

namespace ablate::kernels::cuda::general {

/// What the choice of tiles and of the number of blocks looks at.
struct Machine {
  int64_t multiprocessors = 1;
  int64_t shared_a_block = 48 * 1024;            ///< bytes, the most that one block may ask for
  int64_t shared_a_multiprocessor = 100 * 1024;  ///< bytes
};

constexpr int kReservedBytes = 1024;  ///< of shared memory, by the driver, a block

ABLATE_HOST_DEVICE constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr ConstPlanes as_const(const Planes& planes) {
  return {planes.data, planes.sample_stride, planes.channel_stride};
}

/// Whether `bytes` at a time may be read or written in every plane, from a multiple of `bytes` on.
inline bool aligned(const ConstPlanes& planes, Element element, int64_t bytes) {
  const auto address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(planes.data));
  const int64_t size = bytes_of(element);
  return address % bytes == 0 && planes.sample_stride * size % bytes == 0 &&
         planes.channel_stride * size % bytes == 0;
}

}  // namespace ablate::kernels::cuda::general
