#pragma once

// The mixing of warpgroup_mixing.cuh: activations go from memory through registers into the tensor cores, the
// gate and, of float32, the split in two float16 on their way. Rows of the product are pixels, dealt so that a
// thread has neighbours: rows l / 4 and l / 4 + 8 of its tiles.
//
// A float32 activation times 32 is nearest + rest, two float16 of 11 bits each, and so is a weight; rest * rest is left
// out: three products for one, with an error of 2^-22 of each. That holds from 2^-10 of 1 up; below, what is lost is
// 2^-30, which matters where no channel of a pixel is larger. `largest` knows. Such pixels, and those that hold
// what no float16 is, are multiplied plainly.

#include "ablate/kernels/cuda/cluster.cuh"
#include "ablate/kernels/cuda/element.cuh"
#include "ablate/kernels/cuda/warpgroup_traits.cuh"
#include "ablate/kernels/cuda/wgmma.cuh"

namespace ablate::kernels::cuda {

/// Sixteen channels of a thread's pixels: channels lane % 4, lane % 4 + 4, + 8 and + 12.
template <typename T, bool Halves = T::halves>
struct Activations {
  float channels[4][T::together];
};
/// Of 16-bit elements, two pixels in each.
template <typename T>
struct Activations<T, true> {
  uint32_t channels[4][T::together / 2];
};

/// 64 pixels by 16 channels, as the tensor cores take them: the nearest elements, and of float32 what is left.
struct Fragments {
  uint32_t nearest[4], rest[4];
};

template <typename T>
struct WarpgroupSums {
  float main[T::tiles][T::columns / 2];
  float small[T::apart ? T::tiles : 1][T::columns / 2];  // of the lesser products
  __half2 largest;                                       // of the activations of float32
};

__device__ __forceinline__ void load_pixels(float (&to)[4], const float* from) {
  const float4 v = *reinterpret_cast<const float4*>(from);
  to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}
__device__ __forceinline__ void load_pixels(float (&to)[2], const float* from) {
  const float2 v = *reinterpret_cast<const float2*>(from);
  to[0] = v.x, to[1] = v.y;
}
/// Neighbours at any address: those of the first `count` that there are, the last of these in the others' place.
template <int Count>
__device__ __forceinline__ void load_some(float (&to)[Count], const float* from, int count) {
#pragma unroll
  for (int j = 0; j < Count; ++j) to[j] = from[min(j, count - 1)];
}
template <int Count>
__device__ __forceinline__ void store_some(float* to, const float (&v)[Count], int count) {
#pragma unroll
  for (int j = 0; j < Count; ++j)
    if (j < count) to[j] = v[j];
}
__device__ __forceinline__ void store_pixels(float* to, const float (&v)[4]) {
  __stcs(reinterpret_cast<float4*>(to), make_float4(v[0], v[1], v[2], v[3]));
}
__device__ __forceinline__ void store_pixels(float* to, const float (&v)[2]) {
  __stcs(reinterpret_cast<float2*>(to), make_float2(v[0], v[1]));
}

// 16-bit elements, two in each.
__device__ __forceinline__ void load_pairs(uint32_t (&to)[2], const void* from) {
  const uint2 v = *static_cast<const uint2*>(from);
  to[0] = v.x, to[1] = v.y;
}
__device__ __forceinline__ void load_pairs(uint32_t (&to)[1], const void* from) {
  to[0] = *static_cast<const uint32_t*>(from);
}
template <typename E>
__device__ __forceinline__ void store_pixels(E* to, const float (&v)[4]) {
  store4<false>(to, make_float4(v[0], v[1], v[2], v[3]));
}
template <typename E>
__device__ __forceinline__ void store_pixels(E* to, const float (&v)[2]) {
  __stcs(reinterpret_cast<uint32_t*>(to), general::pack<E>(v[0], v[1]));
}

/// Activations of float32 of a thread's tile `t`, times `scale`, as two float16.
template <typename T, int Pixels>
__device__ __forceinline__ void split(Fragments& to, const float (&from)[4][Pixels], int t, float scale,
                                      __half2& largest) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float first = from[i / 2 * 2][2 * t + i % 2] * scale, second = from[i / 2 * 2 + 1][2 * t + i % 2] * scale;
    const __half2 nearest = __floats2half2_rn(first, second);
    const float2 back = __half22float2(nearest);
    to.nearest[i] = reinterpret_cast<const uint32_t&>(nearest);
    to.rest[i] = general::pack<__half>(first - back.x, second - back.y);
    largest = __hmax2(largest, __habs2(nearest));
  }
}

/// Passive channels of 16-bit elements: pixels of two channels become channels of two pixels.
template <typename T>
__device__ __forceinline__ void pair(Fragments& to, const uint32_t (&from)[4][T::together / 2], int t) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const uint32_t low = from[2 * half][t], high = from[2 * half + 1][t];
    to.nearest[2 * half] = __byte_perm(low, high, 0x5410);
    to.nearest[2 * half + 1] = __byte_perm(low, high, 0x7632);
  }
}

/// Gated channels, rounded to the elements.
template <typename T, int Pixels>
__device__ __forceinline__ void round(Fragments& to, const float (&from)[4][Pixels], int t) {
#pragma unroll
  for (int i = 0; i < 4; ++i)
    to.nearest[i] = general::pack<typename T::Element>(from[i / 2 * 2][2 * t + i % 2],
                                                       from[i / 2 * 2 + 1][2 * t + i % 2]);
}

template <typename T>
__device__ __forceinline__ void clear(WarpgroupSums<T>& sums) {
  sums.largest = __float2half2_rn(0.f);
#pragma unroll
  for (int i = 0; i < T::columns / 2; ++i) {
#pragma unroll
    for (int t = 0; t < T::tiles; ++t) sums.main[t][i] = 0;
#pragma unroll
    for (int t = 0; t < (T::apart ? T::tiles : 1); ++t) sums.small[t][i] = 0;
  }
}

/// Over which no arithmetic on the sums may move.
template <typename T>
__device__ __forceinline__ void pin(WarpgroupSums<T>& sums) {
#pragma unroll
  for (int t = 0; t < T::tiles; ++t) products_pin(sums.main[t]);
  if constexpr (T::apart)
#pragma unroll
    for (int t = 0; t < T::tiles; ++t) products_pin(sums.small[t]);
}

/// The weights of a pass from step `step` on: where they lie, all that differs from step to step.
template <typename T>
struct WeightOperands {
  __device__ __forceinline__ WeightOperands(const WarpgroupBlock<T>& b, int pass, int step)
      : at(shared_address(b.mix(b.group(pass))) + step * 256),
        column_bytes(b.a.group_floats * 4),
        part_bytes(b.a.part_floats * 4) {}

  __device__ __forceinline__ uint64_t high() const { return products_operand(at, 128, column_bytes); }
  __device__ __forceinline__ uint64_t low() const {
    return products_operand(at + part_bytes, 128, column_bytes);
  }

  uint32_t at, column_bytes, part_bytes;
};

/// Adds 16 channels, number `step` of those that follow one another; fill(fragments, tile) makes the
/// activations. Two fragments take turns: one is written while the products of the other are under way.
template <typename T, typename Fill>
__device__ __forceinline__ void multiply_step(WarpgroupSums<T>& sums, Fragments (&fragments)[T::turns], int step,
                                              WeightOperands<T>& weights, Fill&& fill) {
  using F = typename T::Factor;
#pragma unroll
  for (int t = 0; t < T::tiles; ++t) {
    Fragments& own = fragments[(step * T::tiles + t) % T::turns];
    products_wait<T::turns - 1>();
    fill(own, t);
    products_begin();
    if constexpr (!T::halves) {
      auto& small = T::apart ? sums.small[T::apart ? t : 0] : sums.main[t];
      products_add<F, T::columns>(small, own.rest, weights.high());
      products_add<F, T::columns>(small, own.nearest, weights.low());
    }
    products_add<F, T::columns>(sums.main[t], own.nearest, weights.high());
    products_end();
  }
  weights.at += 256;
}

/// The passive channels of a thread's pixels, some steps ahead of their use. Channels beyond the last are the
/// last again, with weights of zero.
template <typename T>
struct PassiveStream {
  using E = typename T::Element;

  __device__ __forceinline__ PassiveStream(const WarpgroupBlock<T>& b, int sample)
      : steps((b.a.mixing.gate.passive + warpgroup_step * T::ahead - 1) / (warpgroup_step * T::ahead) * T::ahead),
        lane(b.lane % 4),
        last(b.a.mixing.gate.passive - 1),
        stride(static_cast<int>(b.a.mixing.gate.passed.channel_stride)) {
    const DepthwiseGate& g = b.a.mixing.gate;
    const int pixel = b.pixel(), x = b.x0() + pixel % T::TW, y = b.y0() + pixel / T::TW;
    const bool inside = x < g.width && y < g.height;  // otherwise any pixel: the sums are not stored
    planes = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride +
             (inside ? static_cast<int64_t>(y) * g.width + x : 0);
    count = inside ? min(g.width - x, T::together) : 1;
  }
  __device__ __forceinline__ void ask(Activations<T, true>& to, int step) const {
#pragma unroll
    for (int c = 0; c < 4; ++c)
      load_pairs(to.channels[c], planes + min(step * 16 + 4 * c + lane, last) * stride);
  }
  __device__ __forceinline__ void ask(Activations<T, false>& to, int step) const {
#pragma unroll
    for (int c = 0; c < 4; ++c) load(to.channels[c], planes + min(step * 16 + 4 * c + lane, last) * stride);
  }
  __device__ __forceinline__ void load(float (&to)[T::together], const E* from) const {
    if constexpr (T::boxes)
      load_pixels(to, from);
    else
      load_some(to, from, count);
  }
  /// The first `ahead` steps.
  __device__ __forceinline__ void ask_first(Activations<T> (&to)[T::ahead]) const {
    if (steps == 0) return;
#pragma unroll
    for (int i = 0; i < T::ahead; ++i) ask(to[i], i);
  }

  const E* planes;
  int steps, lane, last, stride;
  int count;  ///< of the neighbours inside the image
};

/// Adds the passive channels, of which `coming` are the first.
template <typename T>
__device__ __forceinline__ void mix_passive(WarpgroupSums<T>& sums, const WarpgroupBlock<T>& b,
                                            const PassiveStream<T>& stream,
                                            Activations<T> (&coming)[T::ahead], WeightOperands<T> weights) {
  Fragments fragments[T::turns];
  pin(sums);
#pragma unroll 1
  for (int step = 0; step < stream.steps; step += T::ahead) {
#pragma unroll
    for (int i = 0; i < T::ahead; ++i) {
      multiply_step<T>(sums, fragments, i, weights, [&](Fragments& to, int t) {
        if constexpr (T::halves)
          pair<T>(to, coming[i].channels, t);
        else
          split<T>(to, coming[i].channels, t, T::scale, sums.largest);
      });
      if (step + T::ahead < stream.steps) stream.ask(coming[i], step + T::ahead + i);
    }
  }
  products_wait<0>();
  pin(sums);
}

/// Adds the active channels, scaled and shifted by the gate.
template <typename T>
__device__ __forceinline__ void mix_active(WarpgroupSums<T>& sums, const WarpgroupBlock<T>& b, int steps,
                                           WeightOperands<T> weights) {
  const auto* results = b.results() + T::place(b.lane % 4, b.pixel());
  const float2* gates = reinterpret_cast<const float2*>(b.gates()) + b.lane % 4;
  Fragments fragments[T::turns];
  pin(sums);
  const auto add = [&](int step) {
    [[maybe_unused]] uint32_t pairs[4][T::tiles];
    if constexpr (T::strips)
#pragma unroll
      for (int c = 0; c < 4; ++c) load_pairs(pairs[c], results + 4 * c * T::stride);
    // A tile's two pixels of each channel: all of a thread's at one time would be too many registers.
    multiply_step<T>(sums, fragments, step, weights, [&](Fragments& to, int t) {
      float gated[4][2];
#pragma unroll
      for (int c = 0; c < 4; ++c) {
        if constexpr (T::strips)
          general::unpack<typename T::Element>(pairs[c][t], gated[c][0], gated[c][1]);
        else
          load_pixels(gated[c], results + 4 * c * T::stride + 2 * t);
        const float2 gate = gates[4 * c];
        gated[c][0] = fmaf(gated[c][0], gate.x, gate.y), gated[c][1] = fmaf(gated[c][1], gate.x, gate.y);
      }
      if constexpr (T::halves)
        round<T>(to, gated, 0);
      else
        split<T>(to, gated, 0, 1, sums.largest);
    });
    results += 16 * T::stride, gates += 16;
  };
  int step = 0;
  if constexpr (T::tiles % T::turns == 0) {
#pragma unroll 1
    for (; step < steps; ++step) add(0);
  } else {
#pragma unroll 1
    for (; step + 1 < steps; step += 2) add(0), add(1);
    if (step < steps) add(0);
  }
  products_wait<0>();
  pin(sums);
}

}  // namespace ablate::kernels::cuda
