#pragma once

// The channels that pass by: STMBlock's passive half, copied while others wait.

#include "ablate/kernels/cuda/divisor.hpp"
#include "ablate/kernels/cuda/intrinsics.cuh"
#include "ablate/kernels/cuda/problem.hpp"

#include <type_traits>

namespace ablate::kernels::cuda {

/// Four neighbouring elements as they are, to be carried from the input to the output.
template <typename E>
using Carried = std::conditional_t<sizeof(E) == 4, uint4, uint2>;

/// Its words, to carry single elements in.
__device__ __forceinline__ uint32_t& word_in(uint4& v, int i) {
  return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w;
}
__device__ __forceinline__ uint32_t& word_in(uint2& v, int i) { return i == 0 ? v.x : v.y; }

/// Rows of four elements of a passive channel, at (x, y) of its plane; where rows are whole vectors.
template <typename V, int OH>
__device__ __forceinline__ void pick_up(const DepthwiseGate& g, int sample, int channel, int x, int y,
                                        V (&carried)[OH]) {
  using E = std::conditional_t<sizeof(V) == 16, float, uint16_t>;
  const E* from = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride +
                  channel * g.passed.channel_stride + static_cast<int64_t>(y) * g.width + x;
  // Zero outside, not what was there: otherwise all would live on until the next tile.
#pragma unroll
  for (int o = 0; o < OH; ++o) {
    carried[o] = V{};
    if (y + o < g.height && x < g.width)
      carried[o] = __ldcs(reinterpret_cast<const V*>(from + static_cast<int64_t>(o) * g.width));
  }
}

/// Keep: as stores are; otherwise what is written is the first to leave the cache.
template <bool Keep, typename V, int OH>
__device__ __forceinline__ void put_down(const DepthwiseGate& g, int sample, int channel, int x, int y,
                                         const V (&carried)[OH]) {
  using E = std::conditional_t<sizeof(V) == 16, float, uint16_t>;
  E* to = static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride +
          channel * g.passive_out.channel_stride + static_cast<int64_t>(y) * g.width + x;
#pragma unroll
  for (int o = 0; o < OH; ++o)
    if (y + o < g.height && x < g.width)
      store_vector<Keep>(reinterpret_cast<V*>(to + static_cast<int64_t>(o) * g.width), carried[o]);
}

/// A part of a sample's passive channels, [begin, end) of all their `V`s in a row: elements, or vectors.
template <typename V>
struct Passage {
  const V* from;
  V* to;
  int64_t from_gap, to_gap;  ///< from the end of a plane to the next
  Divisor by_plane;
  int begin, end;

  __device__ __forceinline__ int plane_of(int i) const { return by_plane.quotient(i); }
  __device__ __forceinline__ const V* source(int i) const { return from + i + plane_of(i) * from_gap; }
  __device__ __forceinline__ V* destination(int i) const { return to + i + plane_of(i) * to_gap; }

  /// Number `turn` of this thread's.
  __device__ __forceinline__ int item(int turn) const { return begin + turn * blockDim.x + threadIdx.x; }

  /// Some of them from `turn` on, all on their way at one time. Fours that no thread has are left out; within
  /// a four nothing branches, so that the addresses are computed side by side: a thread that has none reads
  /// the last.
  template <int Count>
  __device__ __forceinline__ void pick_up(int turn, V (&some)[Count]) const {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      if (i % 4 == 0 && begin + (turn + i) * static_cast<int>(blockDim.x) >= end) break;
      some[i] = *source(min(item(turn + i), end - 1));
    }
  }
  template <int Count>
  __device__ __forceinline__ void put_down(int turn, const V (&some)[Count]) const {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      if (i % 4 == 0 && begin + (turn + i) * static_cast<int>(blockDim.x) >= end) break;
      V* to = destination(min(item(turn + i), end - 1));
      if (item(turn + i) < end) *to = some[i];
    }
  }

  /// All but the first `turn` of each thread, `Count` at one time.
  template <int Count>
  __device__ __forceinline__ void copy(int turn) const {
#pragma unroll 1
    for (; begin + turn * static_cast<int>(blockDim.x) < end; turn += Count) {
      V some[Count];
      pick_up(turn, some);
      put_down(turn, some);
    }
  }
};

/// All passive channels of a batch, one by one: the share of block `block` of `blocks`.
template <typename E>
__device__ __forceinline__ void copy_passive(const DepthwiseGate& g, int block, int blocks) {
  const int64_t area = static_cast<int64_t>(g.height) * g.width;
  const int64_t chunk = 4 * blockDim.x, chunks = (area + chunk - 1) / chunk;
  const int64_t all = static_cast<int64_t>(g.batch) * g.passive * chunks;
  for (int64_t at = block; at < all; at += blocks) {
    const int64_t plane = at / chunks, sample = plane / g.passive, channel = plane % g.passive;
    const int64_t begin = at % chunks * chunk + threadIdx.x, end = min(area, (at % chunks + 1) * chunk);
    const E* in = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride +
                  channel * g.passed.channel_stride;
    E* out = static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride +
             channel * g.passive_out.channel_stride;
    for (int64_t i = begin; i < end; i += blockDim.x) out[i] = in[i];
  }
}

}  // namespace ablate::kernels::cuda
