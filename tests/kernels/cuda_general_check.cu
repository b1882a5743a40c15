// Whether the general CUDA kernels are right, and how long they take. One run on a GPU tells everything:
//
//   K=src/ablate/kernels/cuda
//   nvcc -std=c++20 -O3 -gencode arch=compute_90a,code=sm_90a -Isrc -Itests/kernels $K/pointwise*.cu
//     $K/depthwise*.cu $K/gate.cu $K/apply.cu $K/*_tiles.cpp tests/kernels/cuda_general_check.cu -o check
//
// Without a GPU, every thread emulated (emulated_cuda/emulation.hpp): each .cu by g++ -x c++ -include
// words.hpp -fno-strict-aliasing -Itests/kernels/emulated_cuda -Itests/kernels -Isrc, then "check quick
// right".
//
// "check quick" leaves out the large cases, "check right" the timing.

#include "ablate/kernels/cuda/describe.hpp"
#include "cuda_general/block_cases.hpp"
#include "cuda_general/pointwise_cases.hpp"
#include "cuda_general/timing.hpp"

int main(int count, char** arguments) {
  using namespace ablate::kernels::cuda::general;
  bool quick = false, time = true;
  for (int i = 1; i < count; ++i) {
    quick = quick || std::string(arguments[i]) == "quick";
    time = time && std::string(arguments[i]) != "right";
  }
  int device = 0;
  must(cudaGetDevice(&device), "cudaGetDevice");
  Machine machine;
  must(describe(device, machine), "describe");
  std::printf("%d multiprocessors, %d KiB of shared memory a block, %d a multiprocessor\n",
              static_cast<int>(machine.multiprocessors), static_cast<int>(machine.shared_a_block / 1024),
              static_cast<int>(machine.shared_a_multiprocessor / 1024));
  Tally tally;
  check_pointwise_all(machine, quick, tally);
  check_block_all(machine, quick, tally);
  std::printf("%d cases, %d failed; the worst error is %.2f of what is allowed\n", tally.cases(),
              tally.failed(), tally.worst());
  if (time) time_all(machine);
  return tally.failed() == 0 ? 0 : 1;
}
