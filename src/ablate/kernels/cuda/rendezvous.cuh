#pragma once

// How the blocks of one launch tell each other their part of the coefficients, without a barrier over the grid.
//
// A block's part is `width` floats a sample. Each travels in one 64-bit word {value, epoch}, which is written and
// read whole: a reader that sees this launch's epoch has the value too, so there is no flag, no fence and nothing
// to reset. The epoch is the number of launches that have used the workspace; it lives in device memory, a word a
// block, so that a replayed graph counts on. The parts are added in a fixed order: the same bits every time.
//
// A kernel that waits without end must have all its blocks running at one time, which a cooperative launch guarantees or
// refuses.

#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/problem.hpp"

namespace ablate::kernels::cuda {

constexpr int endless = -1;  ///< patience that does not end

/// Now and then a pause of up to 4 microseconds, where a check asks for it (tests/kernels/cuda_stress.cu): blocks come
/// to the rendezvous in every order.
__device__ __forceinline__ void dawdle() {
#ifdef ABLATE_DAWDLE
  unsigned x = static_cast<unsigned>(clock64()) * 2654435761u + blockIdx.x * 40503u + blockIdx.y * 65537u;
  x ^= x >> 15;
  if (x % 8 == 0) __nanosleep(x >> 20);
#endif
}

__device__ __forceinline__ void publish(unsigned long long* word, float value, unsigned epoch) {
  dawdle();
  const auto packed = (static_cast<unsigned long long>(epoch) << 32) | __float_as_uint(value);
  store_whole(word, packed);
}

__device__ __forceinline__ bool arrived(unsigned long long word, unsigned epoch) {
  return static_cast<unsigned>(word >> 32) == epoch;
}

__device__ __forceinline__ float value_of(unsigned long long word) {
  return __uint_as_float(static_cast<unsigned>(word));
}

/// Waits for `count` words and calls use(index, value) for each; thread t of `threads` has the pairs of words t,
/// t + threads, ... It waits at most `patience` cycles, or endlessly; whether its words were all there. The memory of
/// words ends with a whole pair.
template <typename Use>
__device__ __forceinline__ bool gather_each(const unsigned long long* words, int count, unsigned epoch, int thread,
                                            int threads, int patience, Use&& use) {
  constexpr int batch = 4;  // loads under way at one time
  dawdle();
  const int pairs = (count + 1) / 2;
  const long long begin = patience == endless ? 0 : clock64();
  bool complete = true;
  for (int at = thread; complete && at < pairs; at += threads * batch) {
    unsigned long long a[batch], b[batch];
    do {
      complete = true;
#pragma unroll
      for (int i = 0; i < batch; ++i)
        if (at + i * threads < pairs) load_whole(words + 2 * (at + i * threads), a[i], b[i]);
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        const int pair = at + i * threads;
        if (pair < pairs) complete &= arrived(a[i], epoch) && (2 * pair + 1 >= count || arrived(b[i], epoch));
      }
    } while (!complete && (patience == endless || clock64() - begin < patience));
#pragma unroll
    for (int i = 0; i < batch; ++i) {
      const int pair = at + i * threads;
      if (pair < pairs) use(2 * pair, value_of(a[i]));
      if (2 * pair + 1 < count) use(2 * pair + 1, value_of(b[i]));
    }
  }
  return complete;
}

/// Sums the parts of all blocks of a sample, `blocks` x `width` words at `words`, by the `Threads` threads of a
/// group: thread t has the two coefficients 2 * (t % (width / 2)) and the next in its words. Leaves in `sums`,
/// [warps of the group][width] of shared memory, what each warp found; the caller's barrier comes after.
/// `width` is a power of two from 2 to 32. All blocks of the launch must run at one time.
template <int Threads>
__device__ __forceinline__ void gather(const unsigned long long* words, int blocks, int width, unsigned epoch, int thread,
                                       float* sums) {
  float first = 0, second = 0;
  gather_each(words, blocks * width, epoch, thread, Threads, endless,
              [&](int index, float value) { (index % 2 == 0 ? first : second) += value; });
  const int lane = thread % 32;
  first = sum_over(first, width / 2, 32);
  second = sum_over(second, width / 2, 32);
  if (lane < width / 2) {
    sums[thread / 32 * width + 2 * lane] = first;
    sums[thread / 32 * width + 2 * lane + 1] = second;
  }
}

}  // namespace ablate::kernels::cuda
