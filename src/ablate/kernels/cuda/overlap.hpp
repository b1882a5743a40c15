#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

/// A launch, and how it overlaps with its neighbours on the stream, on devices that can (sm_90: programmatic
/// dependent launches). A launch that begins early shares the device with the one before it: its blocks take
/// their places, make their barriers and ask for their weights, which no launch writes, while that one ends.

namespace ablate::kernels::cuda {

/// `behind`: when the launch before has ended. `early`: before that, as soon as that one allows; the kernel
/// waits for its end before it touches what other launches do. `beside`: the same, but this launch reads
/// nothing that the one before it writes, and waits for its end only at its own.
enum class Begin { behind, early, beside };

/// When the next launch may begin, which asks for that: behind this one, from this one's last writes on, or
/// as soon as this one's blocks all run and the launches before it have ended.
enum class Next { behind, at_end, at_once };

struct Overlap {
  Begin begin = Begin::behind;
  Next next = Next::behind;
};

/// A launch, or the question how much of it runs at one time.
class Launch {
 public:
  Launch(dim3 grid, int threads, int64_t shared_bytes, cudaStream_t stream = nullptr) {
    config_.gridDim = grid;
    config_.blockDim = dim3(static_cast<unsigned>(threads));
    config_.dynamicSmemBytes = static_cast<std::size_t>(shared_bytes);
    config_.stream = stream;
    config_.attrs = attributes_;
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  Launch& clusters_of(int blocks) {
    if (blocks == 1) return *this;
    auto& size = add(cudaLaunchAttributeClusterDimension).clusterDim;
    size.x = static_cast<unsigned>(blocks), size.y = size.z = 1;
    return *this;
  }
  /// All blocks run at one time, or cudaErrorCooperativeLaunchTooLarge.
  Launch& together() {
    add(cudaLaunchAttributeCooperative).cooperative = 1;
    return *this;
  }
  Launch& begins(Begin begin) {
    if (begin != Begin::behind)
      add(cudaLaunchAttributeProgrammaticStreamSerialization).programmaticStreamSerializationAllowed = 1;
    return *this;
  }

  cudaError_t run(const void* function, void** arguments) const {
    return cudaLaunchKernelExC(&config_, function, arguments);
  }
  /// How many clusters run at one time: the driver's word, since multiprocessors lie in groups whose sizes
  /// are no multiples of a cluster's.
  int clusters_at_once(const void* function) const {
    int clusters = 0;
    return cudaOccupancyMaxActiveClusters(&clusters, function, &config_) == cudaSuccess ? clusters : 0;
  }

 private:
  cudaLaunchAttributeValue& add(cudaLaunchAttributeID id) {
    auto& attribute = attributes_[config_.numAttrs++];
    attribute.id = id;
    return attribute.val;
  }

  cudaLaunchAttribute attributes_[3]{};
  cudaLaunchConfig_t config_{};
};

}  // namespace ablate::kernels::cuda
