#pragma once

// A block has a tile of pixels with all its active channels, whose results stay in shared memory until the
// gate is known: nothing but the coefficients leaves the chip between x and the output. The passive channels
// are mixed first, behind the rendezvous; the active ones follow, scaled on their way into the tensor cores.

#include "ablate/kernels/cuda/mixing_block.cuh"
#include "ablate/kernels/cuda/mixing_products.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

/// A thread's parts of the coefficients: those of number in_channel, in_channel + lanes, ...
template <typename T>
struct MixingParts {
  static constexpr int count = most_basis / T::lanes > 0 ? most_basis / T::lanes : 1;
  float part[count] = {};
};

/// One chunk of channels: results into shared memory, sums into `parts`.
template <typename T>
__device__ __forceinline__ void convolve_chunk(const MixingBlock<T>& b, int chunk, bool first,
                                               MixingParts<T>& parts) {
  using E = typename T::Element;
  const int in_channel = b.thread % T::lanes, column = in_channel % (T::TW / 4) * 4,
            row = in_channel / (T::TW / 4) * T::OH;
  const int local = b.thread / T::lanes, channel = chunk * T::chunk + local;
  const unsigned char* tile = b.dynamic + b.stage * T::stage_bytes;
  if (channel >= b.g.active) return;
  float values[T::OH][4];
  convolve<T::K, T::OH>(reinterpret_cast<const E*>(tile) + local * T::channel_elements + row * T::in_width +
                            column + T::margin - 4,
                        T::in_width, reinterpret_cast<const float*>(tile + T::tile_bytes) + local * T::taps,
                        values);
  float sum = rectify(values, b.x0 + column, b.y0 + row, b.g.height, b.g.width);
#pragma unroll
  for (int o = 0; o < T::OH; ++o)
    *reinterpret_cast<float4*>(b.results + channel * T::stride + (row + o) * T::TW + column) =
        make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
  const unsigned together = T::lanes == 32 ? ~0u : ((1u << T::lanes) - 1) << (b.lane / T::lanes * T::lanes);
#pragma unroll
  for (int lanes = T::lanes / 2; lanes; lanes >>= 1) sum += __shfl_xor_sync(together, sum, lanes);
  if (T::boxes && first && chunk == 0) barrier_wait(b.constants_full, 0);
#pragma unroll
  for (int i = 0; i < MixingParts<T>::count; ++i)
    if (in_channel + i * T::lanes < b.width)
      parts.part[i] = fmaf(sum, b.basis[channel * b.width + in_channel + i * T::lanes], parts.part[i]);
}

/// Over the channels of a warp.
template <typename T>
__device__ __forceinline__ void store_parts(const MixingBlock<T>& b, const MixingParts<T>& parts) {
#pragma unroll
  for (int i = 0; i < MixingParts<T>::count; ++i) {
    if (i * T::lanes >= b.width) break;
    const float sum = sum_over(parts.part[i], T::lanes, 32);
    if (b.lane < T::lanes && b.lane + i * T::lanes < b.width)
      b.parts[b.warp * b.width + b.lane + i * T::lanes] = sum;
  }
}

/// All active channels of a sample; the block's part of its coefficients is told to the others.
template <typename T>
__device__ __forceinline__ void convolve_sample(MixingBlock<T>& b, int round, unsigned epoch) {
  MixingParts<T> parts;
#pragma unroll 1
  for (int chunk = 0; chunk < b.chunks; ++chunk) {
    if constexpr (T::boxes) {
      barrier_wait(&b.full[b.stage], b.phase);
    } else {
      general::wait_for_copies<0>();
      b.barrier();
    }
    convolve_chunk(b, chunk, round == 0, parts);
    if (chunk == b.chunks - 1) {
      store_parts(b, parts);
      general::wait_for_copies<0>();
    }
    b.barrier();
    b.fetch_next(b.stage, b.asks_later());
    if (++b.stage == T::stages) b.stage = 0, b.phase ^= 1;
  }
  if (T::keeps_weights && b.a.overlay)
    b.fetch_weights(0, 0, b.steps_active, &b.weights_full[1], b.asks_later());
  if (b.warp == 0 && b.lane < b.width) {
    float total = 0;
#pragma unroll
    for (int w = 0; w < T::warps; ++w) total += b.parts[w * b.width + b.lane];
    publish_part(b.a.meeting, b.sample_of(round), b.a.blocks, blockIdx.x, b.width, b.lane,
                 total * b.a.inverse_area, epoch);
  }
}

/// All blocks' parts of the coefficients, and from them the gates. Ends with a barrier.
template <typename T>
__device__ __forceinline__ void find_gates(const MixingBlock<T>& b, int sample, unsigned epoch) {
  const int width = b.width;
  gather<T::threads>(b.a.meeting, sample, b.a.blocks, width, epoch, b.thread, b.found);
  b.barrier();
  const int k = b.lane & (width - 1);
  float coefficient = 0;
#pragma unroll
  for (int w = 0; w < T::warps; ++w) coefficient += b.found[w * width + k];
#pragma unroll 1
  for (int index = b.thread; index < (b.g.active * width + 31) / 32 * 32; index += T::threads) {
    const bool has = index < b.g.active * width;
    float product = has ? coefficient * b.scale[index] : 0.f,
          other = has && b.g.shift ? coefficient * b.shift[index] : 0.f;
    product = sum_over(product, 1, width);
    if (b.g.shift) other = sum_over(other, 1, width);
    if (has && k == 0) {
      float* gate = b.gates + (index >> b.a.width_log2) * 2;
      gate[0] = sigmoid(product), gate[1] = other;
    }
  }
  b.barrier();
}

/// A segment of 32 pixels and some row tiles of output channels: a warp's.
template <typename T>
struct MixingItem {
  using E = typename T::Element;

  __device__ __forceinline__ MixingItem(const MixingBlock<T>& b_, int item)
      : b(b_), segment(item % T::segments), row_tile(item / T::segments * T::row_tiles) {
    tile_count = min(T::row_tiles, b.all_tiles - row_tile);
#pragma unroll
    for (int m = 0; m < T::row_tiles; ++m)
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int i = 0; i < 4; ++i) sums[m][j][i] = 0;
    column_lane = b.lane % 4;
    pixel = segment * 32 + b.lane / 4 * 4;
  }

  __device__ __forceinline__ void note(float4 v) {
    plain &= finite(v.x) & finite(v.y) & finite(v.z) & finite(v.w);
  }

  __device__ __forceinline__ void mix_passive() {
    const float* fragments =
        T::keeps_weights ? reinterpret_cast<const float*>(b.dynamic + b.at.weights_passive) + row_tile * 128
                         : b.p.mix + (static_cast<int64_t>(b.steps_active) * b.all_tiles + row_tile) * 128;
    const E* from = b.passed + column_lane * T::stride + pixel;
#pragma unroll 4
    for (int step = 0; step < b.steps_passive; ++step) {
      const float4 low = load4(from + step * 8 * T::stride), high = load4(from + (step * 8 + 4) * T::stride);
      if (T::exact) note(low), note(high);
      mix_step<T>(sums, small, fragments + step * b.all_tiles * 128, tile_count, low, high);
    }
  }

  __device__ __forceinline__ float4 gated_at(int channel) const {
    float4 v = *reinterpret_cast<const float4*>(b.results + channel * T::stride + pixel);
    const float2 gate = *reinterpret_cast<const float2*>(b.gates + 2 * channel);
    v.x = fmaf(v.x, gate.x, gate.y), v.y = fmaf(v.y, gate.x, gate.y);
    v.z = fmaf(v.z, gate.x, gate.y), v.w = fmaf(v.w, gate.x, gate.y);
    return v;
  }

  __device__ __forceinline__ void mix_active() {
    const float* fragments =
        T::keeps_weights ? reinterpret_cast<const float*>(b.dynamic + b.at.weights_active) + row_tile * 128
                         : b.p.mix + static_cast<int64_t>(row_tile) * 128;
#pragma unroll 4
    for (int step = 0; step < b.steps_active; ++step) {
      const float4 low = gated_at(step * 8 + column_lane), high = gated_at(step * 8 + column_lane + 4);
      if (T::exact) note(low), note(high);
      mix_step<T>(sums, small, fragments + step * b.all_tiles * 128, tile_count, low, high);
    }
  }

  /// Eight pixels of a row, in rows lane / 4 and lane / 4 + 8 of each row tile.
  __device__ __forceinline__ void write(int sample) const {
    const int out_pixel = segment * 32 + column_lane * 8, x = b.x0 + out_pixel % T::TW,
              y = b.y0 + out_pixel / T::TW;
    if (T::exact && !__all_sync(~0u, plain)) {
      mix_plainly<T>(b.a, b.results, b.gates, sample, segment, row_tile, tile_count, b.x0, b.y0);
      return;
    }
    if (y >= b.g.height) return;
    E* out = static_cast<E*>(b.p.output.data) + sample * b.p.output.sample_stride +
             static_cast<int64_t>(y) * b.g.width + x;
#pragma unroll
    for (int m = 0; m < T::row_tiles; ++m) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int channel = (row_tile + m) * 16 + half * 8 + b.lane / 4;
        if (m >= tile_count || channel >= b.p.channels) continue;
        E* to = out + channel * b.p.output.channel_stride;
#pragma unroll
        for (int quad = 0; quad < 2; ++quad)
          write_four(to + quad * 4, m, half * 2 + quad, b.biases[channel], x + quad * 4);
      }
    }
  }

  /// Four pixels from `x` on.
  __device__ __forceinline__ void write_four(E* to, int m, int i, float bias, int x) const {
    float v[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      v[j] = sums[m][j][i] + bias;
      if constexpr (T::exact && T::row_tiles <= 2) v[j] += small[m][j][i];
      if (b.p.relu) v[j] = relu(v[j]);
    }
    const float4 four = make_float4(v[0], v[1], v[2], v[3]);
    if (b.a.wide && x < b.g.width)
      store4<false>(to, four);
    else
      store_some(to, four, b.a.wide ? 0 : b.g.width - x);
  }

  const MixingBlock<T>& b;
  int segment, row_tile, tile_count, column_lane, pixel;
  float sums[T::row_tiles][4][4];
  float small[T::small_tiles][4][4] = {};
  bool plain = true;  ///< no Inf, no NaN
};

/// All output channels of the block's pixels. The gates are waited for behind the first passive products.
template <typename T>
__device__ __forceinline__ void mix_sample(const MixingBlock<T>& b, int round, unsigned epoch) {
  const int items = T::segments * ((b.all_tiles + T::row_tiles - 1) / T::row_tiles);
  const int sample = b.sample_of(round);
#pragma unroll 1
  for (int i = b.warp; i == b.warp || i < items; i += T::warps) {
    const bool works = i < items, first = i == b.warp;  // the first by all warps, for the barriers' sake
    MixingItem<T> item(b, i);
    if (works) item.mix_passive();
    if (first && b.width > 0) find_gates(b, sample, epoch);
    if (T::keeps_weights && first) {
      if constexpr (T::boxes) {
        if (round == 0 || b.a.overlay) barrier_wait(&b.weights_full[1], b.a.overlay ? round & 1 : 0);
      } else if (b.a.overlay) {
        general::wait_for_copies<0>();
        b.barrier();
      }
    }
    if (!works) continue;
    item.mix_active();
    item.write(sample);
  }
}

template <typename T>
__global__ void __launch_bounds__(T::block_threads, T::min_blocks)
    mixing(const __grid_constant__ CUtensorMap map, const __grid_constant__ MixingArguments a) {
  ABLATE_DYNAMIC_SHARED(dynamic);
  MixingBlock<T> b(a, &map, dynamic);
  b.prepare_barriers();
  general::wait_for_previous();
  general::let_next_begin();
  b.fetch_first();
  if (T::producer && b.thread >= T::threads) return;

  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  b.clear_padding();
  b.barrier();
  if (b.rounds > 0) b.fetch_passed(b.sample_of(0));
#pragma unroll 1
  for (int round = 0; round < b.rounds; ++round) {
    convolve_sample(b, round, epoch);
    if (T::boxes && round == 0) {
      barrier_wait(b.constants_full, 0);
      if (T::keeps_weights && b.g.passive > 0) barrier_wait(&b.weights_full[0], 0);
    }
    mix_sample(b, round, epoch);
    if (b.rounds > 1) {
      b.barrier();  // results and passive channels are read
      if (round + 1 < b.rounds) b.fetch_passed(b.sample_of(round + 1));
    }
  }
  if (b.thread == 0) *(volatile unsigned*)own_epoch = epoch;
}

}  // namespace ablate::kernels::cuda
