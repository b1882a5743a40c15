#pragma once

#include <string>

namespace ablate {

/// What depends on the device, in builds with and without CUDA.

/// Sets how float32 is multiplied, for as long as it lives: TF32 keeps ten bits of each factor. cuDNN's
/// autotuner is off, so that a cell runs the same algorithm whatever ran before it.
class MathMode {
 public:
  explicit MathMode(bool tf32);
  ~MathMode();
  MathMode(const MathMode&) = delete;
  MathMode& operator=(const MathMode&) = delete;

 private:
  bool cublas_, cudnn_, benchmark_;
};

/// Gives memory that LibTorch keeps for reuse back to the device.
void release_cached_memory();

/// Empty where there is no GPU, or no CUDA in this build.
struct GpuInfo {
  std::string name, driver, cuda, cudnn;
};
GpuInfo gpu_info();

/// The CUDA runtime that LibTorch was built with, "12.8"; empty in a build without CUDA.
std::string cuda_of_build();

/// "9.0" of an H100; empty for the CPU and in a build without CUDA.
std::string compute_capability(const std::string& device);

/// "0000:1b:00.0"; empty for the CPU and in a build without CUDA.
std::string pci_bus_id(const std::string& device);

}  // namespace ablate
