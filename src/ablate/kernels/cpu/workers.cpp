// at::parallel_for is compiled into its caller, and for OpenMP only where that is on: this file is the one.
#include "ablate/kernels/cpu/workers.hpp"

#include <ATen/Parallel.h>

namespace ablate::kernels {

int64_t available_workers() { return at::in_parallel_region() ? 1 : at::get_num_threads(); }

void for_each_share(int64_t count, c10::function_ref<void(Share)> work) {
  if (count == 1) return work({0, 1});
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (auto index = begin; index < end; ++index) work({index, count});
  });
}

}  // namespace ablate::kernels
