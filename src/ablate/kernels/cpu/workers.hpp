#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace ablate::kernels {

/// One of `count` equal shares of a piece of work.
struct Share {
  int64_t index = 0, count = 1;

  int64_t begin(int64_t items) const { return items * index / count; }
  int64_t end(int64_t items) const { return items * (index + 1) / count; }
};

/// Threads that `for_each_share` would run on, here and now: LibTorch's, or one inside a parallel region.
int64_t available_workers();

/// Runs `work` for each share and returns when all are done. Shares may run one after the other, in any
/// order: none may wait for another.
void for_each_share(int64_t count, c10::function_ref<void(Share)> work);

}  // namespace ablate::kernels
