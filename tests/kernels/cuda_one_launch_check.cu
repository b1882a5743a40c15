// Whether the one-launch kernels are right: every compiled one that can be planned, against double precision,
// with several rounds, several turns and the same bits each time.
//
//   K=src/ablate/kernels/cuda
//   nvcc -std=c++20 -O3 -gencode arch=compute_90a,code=sm_90a -Isrc -Itests/kernels
//   $K/{once,resident,mixing,warpgroup}*.cu $K/warpgroup_weights.cpp
//     $K/{once_launch,once_tiles,resident_launch,mixing_launch,warpgroup_mixing_launch,launch}.cpp
//     tests/kernels/cuda_one_launch_check.cu -o check
//
// Without a GPU, every thread emulated (emulated_cuda/emulation.hpp): the .cu of these and of
// tests/kernels/emulated_cuda by g++ -x c++ -include words.hpp -fno-strict-aliasing
// -Itests/kernels/emulated_cuda -Itests/kernels -Isrc, the .cpp by g++ -Isrc. For races, all with -DABLATE_RACES,
// those not in emulated_cuda and the link with -fsanitize=thread.
//
// "check quick" runs a few small problems, "check warpgroups" the kernels by warp-groups alone, which are not
// emulated.

#include "cuda_one_launch/cases.hpp"

#include <cstring>

int main(int count, char** arguments) {
  using namespace ablate::kernels::cuda;
  general::Tally tally;
  if (count > 1 && std::strcmp(arguments[1], "quick") == 0)
    check_quickly(tally), check_warpgroups_quickly(tally);
  else if (count > 1 && std::strcmp(arguments[1], "warpgroups") == 0)
    check_warpgroups_alone(tally);
  else
    check_all(tally);
  std::printf("%d cases, %d failed; the worst error is %.2f of what is allowed\n", tally.cases(),
              tally.failed(), tally.worst());
  return tally.failed() == 0 ? 0 : 1;
}
