#pragma once

#include <cuda_runtime_api.h>

#include "ablate/kernels/cuda/general.hpp"

namespace ablate::kernels::cuda::general {

/// Asks the driver. Once a device: the answer does not change.
inline cudaError_t describe(int device, Machine& machine) {
  const auto ask = [device](int64_t& value, cudaDeviceAttr attribute) {
    int answer = 0;
    const auto error = cudaDeviceGetAttribute(&answer, attribute, device);
    value = answer;
    return error;
  };
  auto error = ask(machine.multiprocessors, cudaDevAttrMultiProcessorCount);
  if (error == cudaSuccess) error = ask(machine.shared_a_block, cudaDevAttrMaxSharedMemoryPerBlockOptin);
  if (error == cudaSuccess)
    error = ask(machine.shared_a_multiprocessor, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
  return error;
}

}  // namespace ablate::kernels::cuda::general
