#include "ablate/measure/device.hpp"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/cuda.h>
#include <torch/types.h>

#ifdef ABLATE_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>
#endif

#include <fmt/format.h>

#include <fstream>

namespace ablate {

MathMode::MathMode(bool tf32)
    : cublas_(at::globalContext().allowTF32CuBLAS()),
      cudnn_(at::globalContext().allowTF32CuDNN()),
      benchmark_(at::globalContext().benchmarkCuDNN()) {
  at::globalContext().setAllowTF32CuBLAS(tf32);
  at::globalContext().setAllowTF32CuDNN(tf32);
  at::globalContext().setBenchmarkCuDNN(false);
}

MathMode::~MathMode() {
  at::globalContext().setAllowTF32CuBLAS(cublas_);
  at::globalContext().setAllowTF32CuDNN(cudnn_);
  at::globalContext().setBenchmarkCuDNN(benchmark_);
}

#ifdef ABLATE_CUDA

namespace {

/// CUDA and cuDNN pack their versions into one number: 13000 is 13.0.
std::string version(long packed) { return fmt::format("{}.{}", packed / 1000, packed % 1000 / 10); }

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.04  ...": the first word of digits and two dots.
std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  for (std::string word; file >> word;)
    if (std::isdigit(static_cast<unsigned char>(word.front())) && word.find('.') != std::string::npos)
      return word;
  int packed = 0;
  return cudaDriverGetVersion(&packed) == cudaSuccess ? "for CUDA " + version(packed) : "";
}

/// Of a CUDA device; nothing for another, and where there is none.
std::optional<int> index_of(const std::string& name) {
  const torch::Device device(name);
  if (!device.is_cuda() || !torch::cuda::is_available()) return std::nullopt;
  return device.has_index() ? device.index() : 0;
}

}  // namespace

void release_cached_memory() {
  if (torch::cuda::is_available()) c10::cuda::CUDACachingAllocator::emptyCache();
}

GpuInfo gpu_info() {
  if (!torch::cuda::is_available()) return {};
  int runtime = 0, device = 0;
  cudaRuntimeGetVersion(&runtime);
  cudaDeviceProp properties{};
  cudaGetDevice(&device);
  cudaGetDeviceProperties(&properties, device);
  const auto cudnn = at::detail::getCUDAHooks().versionCuDNN();
  return {properties.name, driver_version(), version(runtime),
          fmt::format("{}.{}.{}", cudnn / 10000, cudnn % 10000 / 100, cudnn % 100)};
}

std::string cuda_of_build() { return version(at::detail::getCUDAHooks().versionCUDART()); }

std::string compute_capability(const std::string& name) {
  const auto index = index_of(name);
  cudaDeviceProp properties{};
  if (!index || cudaGetDeviceProperties(&properties, *index) != cudaSuccess) return {};
  return fmt::format("{}.{}", properties.major, properties.minor);
}

std::string pci_bus_id(const std::string& name) {
  const auto index = index_of(name);
  char id[32] = {};
  return index && cudaDeviceGetPCIBusId(id, sizeof id, *index) == cudaSuccess ? id : "";
}

#else

void release_cached_memory() {}
GpuInfo gpu_info() { return {}; }
std::string cuda_of_build() { return {}; }
std::string compute_capability(const std::string&) { return {}; }
std::string pci_bus_id(const std::string&) { return {}; }

#endif

}  // namespace ablate
