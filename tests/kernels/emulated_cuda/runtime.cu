// The few runtime calls that the kernels' launches and the checks make, on the host's memory.

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine.hpp"

namespace {

using namespace ablate::emulation;

constexpr int kSharedABlock = 227 * 1024, kSharedAMultiprocessor = 228 * 1024, kStaticShared = 128;

/// As a multiprocessor of sm_90 with kernels of 128 registers would, and no more than the options say.
int blocks_at_once(int threads, size_t shared_bytes) {
  const int by_shared = kSharedAMultiprocessor / (static_cast<int>(shared_bytes) + kStaticShared + 1024);
  const int by_registers = 65536 / ((threads + 31) / 32 * 32 * 128);
  return std::min(
      {std::max(by_registers, threads <= 1024 ? 1 : 0), by_shared, options().blocks_a_multiprocessor});
}

cudaError_t run(const void* function, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                unsigned at_once) {
  const auto* invoke = kernel_at(function);
  if (invoke == nullptr || block.y != 1 || block.z != 1 || grid.z != 1) return cudaErrorInvalidDeviceFunction;
  if (shared_bytes + kStaticShared > kSharedABlock || at_once == 0) return cudaErrorInvalidValue;
  Grid({grid, block.x, shared_bytes, at_once}, [&] { (*invoke)(arguments); }).run();
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  *pointer = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  return cudaSuccess;
}
cudaError_t cudaFree(void* pointer) { return std::free(pointer), cudaSuccess; }
cudaError_t cudaMemset(void* pointer, int value, size_t bytes) {
  return std::memset(pointer, value, bytes), cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  if (bytes > 0) std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaGetDevice(int* device) { return *device = 0, cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "an error"; }

/// A small machine, so that blocks walk over several tiles.
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  if (attribute == cudaDevAttrMultiProcessorCount)
    *value = options().multiprocessors;
  else if (attribute == cudaDevAttrComputeCapabilityMajor)
    *value = 9;
  else
    *value =
        attribute == cudaDevAttrMaxSharedMemoryPerMultiprocessor ? kSharedAMultiprocessor : kSharedABlock;
  return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  *attributes = {};
  attributes->sharedSizeBytes = kStaticShared;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void*, int threads,
                                                          size_t shared_bytes) {
  return *blocks = blocks_at_once(threads, shared_bytes), cudaSuccess;
}

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes, cudaStream_t) {
  const int at_once = options().multiprocessors * blocks_at_once(static_cast<int>(block.x), shared_bytes);
  return run(function, grid, block, arguments, shared_bytes, static_cast<unsigned>(at_once));
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void** arguments) {
  const int at_once = options().multiprocessors *
                      blocks_at_once(static_cast<int>(config->blockDim.x), config->dynamicSmemBytes);
  for (unsigned i = 0; i < config->numAttrs; ++i)
    if (config->attrs[i].id == cudaLaunchAttributeCooperative && config->attrs[i].val.cooperative != 0 &&
        config->gridDim.x * config->gridDim.y > static_cast<unsigned>(at_once))
      return cudaErrorCooperativeLaunchTooLarge;
  return run(function, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes,
             static_cast<unsigned>(at_once));
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** entry, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  const bool known = std::strcmp(name, "cuTensorMapEncodeTiled") == 0;
  *entry = known ? reinterpret_cast<void*>(&encode_tiled) : nullptr;
  *found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}

}  // extern "C"
