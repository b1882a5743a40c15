#pragma once

// How the blocks of one launch tell each other their part of the coefficients, without a barrier over the
// grid.
//
// A block's part is `width` floats a sample. Each travels in one 64-bit word {value, epoch}, which is written
// and read whole: a reader that sees this launch's epoch has the value too, so there is no flag, no fence and
// nothing to reset. The epoch is the number of launches that have used the workspace; it lives in device
// memory, a word a block, so that a replayed graph counts on. The parts are added in a fixed order: the same
// bits every time.
//
// Requests for one line of the second cache are served one after the other, and all blocks ask at one time:
// so words are written in several copies, of which a block reads one, and what different blocks write lies 64
// bytes apart.
//
// A kernel that waits without end must have all its blocks running at one time, which a cooperative launch
// guarantees or refuses.

#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/problem.hpp"

namespace ablate::kernels::cuda {

constexpr int endless = -1;  ///< patience that does not end

/// Now and then a pause of up to 4 microseconds, where a check asks for it (tests/kernels/cuda_stress.cu):
/// blocks come to the rendezvous in every order.
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

/// Which copy of the words this block reads.
__device__ __forceinline__ int copy_read() { return blockIdx.x % word_copies; }

/// Waits for `count` items of `Words` words, `Stride` words from one to the next, and calls use(item, value)
/// or use(item, value, value) for each; thread t of `threads` has the items t, t + threads, ... Only what is
/// still missing is asked for again: all blocks ask at one time. It waits at most `patience` cycles, or
/// endlessly; whether its items were all there.
template <int Words, int Stride, typename Use>
__device__ __forceinline__ bool gather_each(const unsigned long long* words, int count, unsigned epoch,
                                            int thread, int threads, int patience, Use&& use) {
  constexpr int batch = 4;  // loads under way at one time
  dawdle();
  const long long begin = patience == endless ? 0 : clock64();
  bool complete = true;
  for (int at = thread; complete && at < count; at += threads * batch) {
    unsigned long long found[batch][Words];
#pragma unroll
    for (int i = 0; i < batch; ++i)
      if (at + i * threads < count) peek(words + Stride * (at + i * threads), found[i]);
    while (true) {
      bool missing[batch];
      complete = true;
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        missing[i] =
            at + i * threads < count && !(arrived(found[i][0], epoch) && arrived(found[i][Words - 1], epoch));
        complete &= !missing[i];
      }
      if (complete || (patience != endless && clock64() - begin >= patience)) break;
#pragma unroll
      for (int i = 0; i < batch; ++i)
        if (missing[i]) peek(words + Stride * (at + i * threads), found[i]);
    }
#pragma unroll
    for (int i = 0; i < batch; ++i) {
      if (at + i * threads >= count) break;
      if constexpr (Words == 1)
        use(at + i * threads, value_of(found[i][0]));
      else
        use(at + i * threads, value_of(found[i][0]), value_of(found[i][1]));
    }
  }
  return complete;
}

/// The parts of a sample in one of their copies, [blocks][width]; all are
/// [samples][word_copies][blocks][width].
__device__ __forceinline__ unsigned long long* parts_of(const Rendezvous& meeting, int sample, int copy,
                                                        int blocks, int width) {
  return meeting.words + (static_cast<int64_t>(sample) * word_copies + copy) * blocks * width;
}

/// Lane k of one warp has coefficient k of this block's part of the sample.
__device__ __forceinline__ void publish_part(const Rendezvous& meeting, int sample, int blocks, int block,
                                             int width, int lane, float part, unsigned epoch) {
#pragma unroll
  for (int copy = 0; copy < word_copies; ++copy)
    if (lane < width)
      publish(parts_of(meeting, sample, copy, blocks, width) + block * width + lane, part, epoch);
}

/// Sums the parts of all blocks of a sample by the `Threads` threads of a group: thread t has the two
/// coefficients 2 * (t % (width / 2)) and the next in its words. Leaves in `sums`, [warps of the
/// group][width] of shared memory, what each warp found; the caller's barrier comes after. `width` is a power
/// of two from 2 to 32. All blocks of the launch must run at one time.
template <int Threads>
__device__ __forceinline__ void gather(const Rendezvous& meeting, int sample, int blocks, int width,
                                       unsigned epoch, int thread, float* sums) {
  float first = 0, second = 0;
  gather_each<2, 2>(parts_of(meeting, sample, copy_read(), blocks, width), blocks * width / 2, epoch, thread,
                    Threads, endless, [&](int, float a, float b) { first += a, second += b; });
  const int lane = thread % 32;
  first = sum_over(first, width / 2, 32);
  second = sum_over(second, width / 2, 32);
  if (lane < width / 2) {
    sums[thread / 32 * width + 2 * lane] = first;
    sums[thread / 32 * width + 2 * lane + 1] = second;
  }
}

}  // namespace ablate::kernels::cuda
