#include "ablate/measure/delay.hpp"

#ifdef ABLATE_CUDA
#include <ATen/cuda/Sleep.h>
#include <c10/cuda/CUDAException.h>
#endif

#include <algorithm>
#include <chrono>
#include <utility>

namespace ablate {
namespace {

void spin(double seconds) {
  using Steady = std::chrono::steady_clock;
  const auto end =
      Steady::now() + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  while (Steady::now() < end) continue;
}

void spin_device(std::int64_t cycles) {
#ifdef ABLATE_CUDA
  at::cuda::sleep(cycles);
#else
  static_cast<void>(cycles);
#endif
}

class DelayedBlock : public Block {
 public:
  DelayedBlock(std::shared_ptr<Block> block, Delay delay) : block_(std::move(block)), delay_(delay) {}

  torch::nn::Module& module() override { return block_->module(); }
  Outputs run(const torch::Tensor& input) override {
    auto outputs = block_->run(input);
    if (input.is_cuda())
      spin_device(delay_.cycles);
    else
      spin(delay_.seconds);
    return outputs;
  }
  Form form() const override { return block_->form(); }

 private:
  std::shared_ptr<Block> block_;
  Delay delay_;
};

#ifdef ABLATE_CUDA
/// Between two events around one spinning kernel, the shortest of some.
double seconds_of(std::int64_t cycles) {
  cudaEvent_t begin = nullptr, end = nullptr;
  C10_CUDA_CHECK(cudaEventCreate(&begin));
  C10_CUDA_CHECK(cudaEventCreate(&end));
  double shortest = 1;
  for (int i = 0; i < 20; ++i) {
    C10_CUDA_CHECK(cudaEventRecord(begin));
    at::cuda::sleep(cycles);
    C10_CUDA_CHECK(cudaEventRecord(end));
    C10_CUDA_CHECK(cudaEventSynchronize(end));
    float milliseconds = 0;
    C10_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
    shortest = std::min(shortest, static_cast<double>(milliseconds) * 1e-3);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return shortest;
}
#endif

}  // namespace

std::shared_ptr<Block> delayed(std::shared_ptr<Block> block, Delay delay) {
  return std::make_shared<DelayedBlock>(std::move(block), delay);
}

std::int64_t cycles_for(double seconds, torch::Device device) {
#ifdef ABLATE_CUDA
  if (!device.is_cuda()) return 0;
  constexpr std::int64_t few = 1 << 16, many = 1 << 20;
  const auto per_cycle = (seconds_of(many) - seconds_of(few)) / static_cast<double>(many - few);
  return static_cast<std::int64_t>(seconds / per_cycle);
#else
  static_cast<void>(seconds);
  static_cast<void>(device);
  return 0;
#endif
}

}  // namespace ablate
