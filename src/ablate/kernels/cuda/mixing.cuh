#pragma once

// A block has a tile of pixels with all its active channels, whose results stay in shared memory until the gate is
// known: nothing but the coefficients leaves the chip between x and the output. The passive channels are mixed
// first, behind the rendezvous; the active ones follow, scaled on their way into the tensor cores.
//
// Pixels are dealt to the tensor cores' columns so that a thread's four loads are neighbours: column n of
// product j is pixel 4 n + j of a segment of 32. A thread then has eight neighbouring pixels of a row.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

template <typename E_, int K_, int TW_, int TH_, int OH_, int Threads_, int RowTiles_, bool Boxes_, bool Exact_,
          int MinBlocks_>
struct MixingTraits {
  using Element = E_;
  static constexpr int K = K_, TW = TW_, TH = TH_, OH = OH_, threads = Threads_, row_tiles = RowTiles_;
  static constexpr int min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, exact = Exact_;

  static constexpr int warps = threads / 32;
  static constexpr int pixels = TW * TH, segments = pixels / 32;
  static constexpr int lanes = TW / 4 * (TH / OH);        // that share a channel
  static constexpr int chunk = threads / lanes;           // channels at one time
  static constexpr int in_width = TW + 8, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int channel_elements = in_width * in_height;
  static constexpr int tile_bytes = (chunk * channel_elements * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stage_bytes = tile_bytes + (chunk * taps * 4 + 127) / 128 * 128;
  static constexpr int stages = 2;
  static_assert(lanes <= 32 && 32 % lanes == 0 && pixels % 32 == 0 && TW % 8 == 0);

  __host__ __device__ static constexpr int padded(int active) { return (active + 7) / 8 * 8; }
  __host__ __device__ static constexpr int shared_bytes(int active, int width) {
    const int floats = 3 * active * width + active + 2 * padded(active) + warps * width;
    const int used_stages = active <= chunk ? 1 : stages;
    return used_stages * stage_bytes + padded(active) * pixels * 4 + stages * 8 + floats * 4;
  }
};

__device__ __forceinline__ void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The part of `v` that TF32 holds, and what is left.
__device__ __forceinline__ void split(float v, uint32_t& high, uint32_t& low) {
  high = __float_as_uint(v) & 0xffffe000u;
  low = __float_as_uint(v - __uint_as_float(high));
}

__device__ __forceinline__ uint32_t rounded(float v) {
  uint32_t result;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(result) : "f"(v));
  return result;
}

__device__ __forceinline__ bool finite(float v) { return (__float_as_uint(v) & 0x7f800000u) != 0x7f800000u; }

/// Eight columns of the product, for `T::row_tiles` row tiles from `row_tile` and the 32 pixels of a segment:
/// `low` and `high` are this lane's four pixels of columns lane % 4 and lane % 4 + 4.
template <typename T>
__device__ __forceinline__ void mix_step(float (&sums)[T::row_tiles][4][4], const float* fragments, int64_t row_stride,
                                         int tiles, float4 low, float4 high) {
  const float values[2][4] = {{low.x, low.y, low.z, low.w}, {high.x, high.y, high.z, high.w}};
  uint32_t b[2][4], rest[2][4];
#pragma unroll
  for (int u = 0; u < 2; ++u)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if constexpr (T::exact)
        split(values[u][j], b[u][j], rest[u][j]);
      else
        b[u][j] = rounded(values[u][j]);
    }
#pragma unroll
  for (int m = 0; m < T::row_tiles; ++m) {
    if (m >= tiles) break;
    const float4 w = __ldg(reinterpret_cast<const float4*>(fragments + m * row_stride) + threadIdx.x % 32);
    uint32_t a[4], a_rest[4];
    if constexpr (T::exact) {
      split(w.x, a[0], a_rest[0]), split(w.y, a[1], a_rest[1]), split(w.z, a[2], a_rest[2]), split(w.w, a[3], a_rest[3]);
#pragma unroll
      for (int j = 0; j < 4; ++j) multiply_add(sums[m][j], a_rest, b[0][j], b[1][j]);
#pragma unroll
      for (int j = 0; j < 4; ++j) multiply_add(sums[m][j], a, rest[0][j], rest[1][j]);
    } else {
      a[0] = rounded(w.x), a[1] = rounded(w.y), a[2] = rounded(w.z), a[3] = rounded(w.w);
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) multiply_add(sums[m][j], a, b[0][j], b[1][j]);
  }
}

/// The same without tensor cores, for a segment that holds Inf or NaN: split in two, Inf would become NaN.
template <typename T>
__device__ __noinline__ void mix_plainly(const MixingArguments& a, const float* results, const float* gates, int sample,
                                         int segment, int row_tile, int tile_count, int x0, int y0) {
  using E = typename T::Element;
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  const int pixel = segment * 32 + threadIdx.x % 32, x = x0 + pixel % T::TW, y = y0 + pixel / T::TW;
  if (x >= g.width || y >= g.height) return;
  const int64_t at = static_cast<int64_t>(y) * g.width + x;
  const E* passed = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + at;
  E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride + at;
  for (int m = row_tile * 16; m < min((row_tile + tile_count) * 16, p.channels); ++m) {
    float sum = 0;
    for (int k = 0; k < g.active + g.passive; ++k) {
      const float v = k < g.active ? fmaf(results[k * T::pixels + pixel], gates[2 * k], gates[2 * k + 1])
                                   : static_cast<float>(passed[(k - g.active) * g.passed.channel_stride]);
      sum = fmaf(__ldg(p.mix + packed_mix_index(m, k, g.active, g.passive)), v, sum);
    }
    sum += __ldg(p.mix_bias + m);
    store1(out + m * p.output.channel_stride, p.relu ? relu(sum) : sum);
  }
}

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    mixing(const __grid_constant__ CUtensorMap map, const __grid_constant__ MixingArguments a) {
  using E = typename T::Element;
  extern __shared__ __align__(128) unsigned char dynamic[];
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  const int width = g.basis_width, padded = T::padded(g.active);
  const int chunks = (g.active + T::chunk - 1) / T::chunk;
  const int used_stages = chunks == 1 ? 1 : T::stages;

  unsigned char* const tiles = dynamic;
  float* const results = reinterpret_cast<float*>(dynamic + used_stages * T::stage_bytes);  // [padded][pixels]
  uint64_t* const full = reinterpret_cast<uint64_t*>(results + padded * T::pixels);
  float* const gates = reinterpret_cast<float*>(full + T::stages);  // [padded][2]
  float* const basis = gates + 2 * padded;
  float* const scale = basis + g.active * width;
  float* const shift = scale + g.active * width;
  float* const channel_sums = shift + g.active * width;
  float* const found = channel_sums + g.active;

  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const int block = blockIdx.x, member = blockIdx.y;
  const int tile_y = block / a.tiles_x, x0 = (block - tile_y * a.tiles_x) * T::TW, y0 = tile_y * T::TH;
  const int rounds = member < g.batch ? (g.batch - member + a.samples - 1) / a.samples : 0;

  const auto fetch = [&](int stage, int sample, int chunk) {
    unsigned char* to = tiles + stage * T::stage_bytes;
    const float* weights = g.weights + chunk * T::chunk * T::taps;
    if constexpr (T::boxes) {
      if (thread != 0) return;
      barrier_expect(&full[stage], T::chunk * (T::channel_elements * sizeof(E) + T::taps * 4));
      copy_box(to, &map, x0 - 4, y0 - T::K / 2, sample * a.planes + chunk * T::chunk, &full[stage]);
      copy_row(to + T::tile_bytes, weights, T::chunk * T::taps * 4, &full[stage]);
    } else {
      const int count = min(T::chunk, g.active - chunk * T::chunk);
      const E* planes = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                        chunk * T::chunk * g.source.channel_stride;
      fetch_planes<T::threads, T::in_width, T::in_height>(reinterpret_cast<E*>(to), planes, g.source.channel_stride, count,
                                                          x0 - 4, y0 - T::K / 2, g.height, g.width, a.wide, thread);
      for (int i = thread; i < count * T::taps / 4; i += T::threads)
        copy_async<16>(to + T::tile_bytes + 16 * i, weights + 4 * i, true);
      copies_commit();
    }
  };
  if (T::boxes && thread == 0) {
    prefetch_map(&map);
    for (int stage = 0; stage < used_stages; ++stage) barrier_init(&full[stage], 1);
    fence_barrier_init();
  }
  int next_round = 0, next_chunk = 0;
  const auto fetch_next = [&](int stage) {
    if (next_round < rounds) {
      fetch(stage, member + next_round * a.samples, next_chunk);
      if (++next_chunk == chunks) next_chunk = 0, ++next_round;
    } else if (!T::boxes) {
      copies_commit();
    }
  };
  for (int stage = 0; stage < used_stages; ++stage) fetch_next(stage);

  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  for (int i = thread; i < g.active * width; i += T::threads) {
    basis[i] = __ldg(g.basis + i);
    scale[i] = __ldg(g.scale + i);
    shift[i] = g.shift ? __ldg(g.shift + i) : 0.f;
  }
  for (int i = g.active * T::pixels + thread; i < padded * T::pixels; i += T::threads) results[i] = 0;
  for (int i = thread; i < padded; i += T::threads) gates[2 * i] = 1, gates[2 * i + 1] = 0;
  __syncthreads();
  if (thread == 0) *(volatile unsigned*)own_epoch = epoch;

  const int in_channel = thread % T::lanes, column = in_channel % (T::TW / 4) * 4, row = in_channel / (T::TW / 4) * T::OH;
  const int steps_active = padded / 8, steps_passive = (g.passive + 7) / 8, steps = steps_active + steps_passive;
  const int all_tiles = row_tiles(p.channels), row_groups = (all_tiles + T::row_tiles - 1) / T::row_tiles;
  const int items = T::segments * row_groups;
  const int column_lane = lane % 4, pixel_lane = lane / 4 * 4;

  int stage = 0;
  uint32_t phase = 0;
  for (int round = 0; round < rounds; ++round) {
    const int sample = member + round * a.samples;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      if constexpr (T::boxes) {
        barrier_wait(&full[stage], phase);
      } else {
        if (used_stages == 1)
          copies_wait<0>();
        else
          copies_wait<T::stages - 1>();
        __syncthreads();
      }
      const int local = thread / T::lanes, channel = chunk * T::chunk + local;
      const unsigned char* tile = tiles + stage * T::stage_bytes;
      float values[T::OH][4];
      if (channel < g.active) {
        convolve<T>(reinterpret_cast<const E*>(tile) + local * T::channel_elements + row * T::in_width + column,
                    reinterpret_cast<const float*>(tile + T::tile_bytes) + local * T::taps, values);
        float sum = rectify<T>(values, x0 + column, y0 + row, g.height, g.width);
#pragma unroll
        for (int o = 0; o < T::OH; ++o)
          *reinterpret_cast<float4*>(results + channel * T::pixels + (row + o) * T::TW + column) =
              make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
        const unsigned together = T::lanes == 32 ? ~0u : ((1u << T::lanes) - 1) << (lane / T::lanes * T::lanes);
#pragma unroll
        for (int lanes = T::lanes / 2; lanes; lanes >>= 1) sum += __shfl_xor_sync(together, sum, lanes);
        if (in_channel == 0) channel_sums[channel] = sum;
      }
      __syncthreads();
      fetch_next(stage);
      if (++stage == used_stages) stage = 0, phase ^= 1;
    }

    if (width > 0 && warp == 0) {  // lane: coefficient lane % width, every (32 / width)-th channel
      const int k = lane & (width - 1);
      float part = 0;
      for (int c = lane / width; c < g.active; c += 32 / width) part += channel_sums[c] * basis[c * width + k];
      for (int lanes = width; lanes < 32; lanes <<= 1) part += __shfl_xor_sync(~0u, part, lanes);
      if (lane < width)
        publish(a.meeting.words + (static_cast<int64_t>(sample) * a.blocks + block) * width + lane, part * a.inverse_area,
                epoch);
    }

    for (int item = warp; item == warp || item < items; item += T::warps) {
      const int segment = item % T::segments, row_tile = item / T::segments * T::row_tiles;
      const bool works = item < items;
      const int tile_count = min(T::row_tiles, all_tiles - row_tile);
      float sums[T::row_tiles][4][4];
#pragma unroll
      for (int m = 0; m < T::row_tiles; ++m)
#pragma unroll
        for (int j = 0; j < 4; ++j)
#pragma unroll
          for (int i = 0; i < 4; ++i) sums[m][j][i] = 0;
      const int64_t row_stride = static_cast<int64_t>(steps) * 128;
      const float* fragments = p.mix + row_tile * row_stride;
      bool plain = true;  // no Inf, no NaN
      const int in_pixel = segment * 32 + pixel_lane, in_x = x0 + in_pixel % T::TW, in_y = y0 + in_pixel / T::TW;
      const E* passed = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride +
                        static_cast<int64_t>(in_y) * g.width + in_x;
      const auto passed_at = [&](int channel) {
        float4 v = make_float4(0, 0, 0, 0);
        if (channel >= g.passive || in_y >= g.height) return v;
        const E* at = passed + channel * g.passed.channel_stride;
        if (a.wide) return in_x < g.width ? load4(at) : v;
        if (in_x < g.width) v.x = static_cast<float>(at[0]);
        if (in_x + 1 < g.width) v.y = static_cast<float>(at[1]);
        if (in_x + 2 < g.width) v.z = static_cast<float>(at[2]);
        if (in_x + 3 < g.width) v.w = static_cast<float>(at[3]);
        return v;
      };
      const auto note = [&](float4 v) { plain &= finite(v.x) & finite(v.y) & finite(v.z) & finite(v.w); };
      if (works) {
#pragma unroll 4
        for (int step = 0; step < steps_passive; ++step) {
          const float4 low = passed_at(step * 8 + column_lane), high = passed_at(step * 8 + column_lane + 4);
          if (T::exact) note(low), note(high);
          mix_step<T>(sums, fragments + (steps_active + step) * 128, row_stride, tile_count, low, high);
        }
      }
      if (item == warp && width > 0) {  // once a round, by all
        gather<T::threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * width, a.blocks, width, epoch, thread,
                           found);
        __syncthreads();
        const int k = lane & (width - 1);
        float coefficient = 0;
#pragma unroll
        for (int w = 0; w < T::warps; ++w) coefficient += found[w * width + k];
        for (int index = thread; index < (g.active * width + 31) / 32 * 32; index += T::threads) {
          const bool has = index < g.active * width;
          float product = has ? coefficient * scale[index] : 0.f, other = has ? coefficient * shift[index] : 0.f;
          for (int lanes = width / 2; lanes; lanes >>= 1) {
            product += __shfl_xor_sync(~0u, product, lanes);
            other += __shfl_xor_sync(~0u, other, lanes);
          }
          if (has && k == 0) gates[index / width * 2] = sigmoid(product), gates[index / width * 2 + 1] = other;
        }
        __syncthreads();
      }
      if (!works) continue;
      const auto gated_at = [&](int channel) {
        float4 v = *reinterpret_cast<const float4*>(results + channel * T::pixels + segment * 32 + pixel_lane);
        const float2 gate = *reinterpret_cast<const float2*>(gates + 2 * channel);
        v.x = fmaf(v.x, gate.x, gate.y), v.y = fmaf(v.y, gate.x, gate.y);
        v.z = fmaf(v.z, gate.x, gate.y), v.w = fmaf(v.w, gate.x, gate.y);
        return v;
      };
#pragma unroll 2
      for (int step = 0; step < steps_active; ++step) {
        const float4 low = gated_at(step * 8 + column_lane), high = gated_at(step * 8 + column_lane + 4);
        if (T::exact) note(low), note(high);
        mix_step<T>(sums, fragments + step * 128, row_stride, tile_count, low, high);
      }

      // Eight pixels of a row, in rows lane / 4 and lane / 4 + 8 of each row tile.
      const int out_pixel = segment * 32 + column_lane * 8, x = x0 + out_pixel % T::TW, y = y0 + out_pixel / T::TW;
      const bool all_plain = !T::exact || __all_sync(~0u, plain);
      E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride + static_cast<int64_t>(y) * g.width + x;
#pragma unroll
      for (int m = 0; m < T::row_tiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int channel = (row_tile + m) * 16 + half * 8 + lane / 4;
          if (m >= tile_count || channel >= p.channels || y >= g.height) continue;
          const float bias = __ldg(p.mix_bias + channel);
#pragma unroll
          for (int quad = 0; quad < 2; ++quad) {
            float v[4];
#pragma unroll
            for (int j = 0; j < 4; ++j) {
              v[j] = sums[m][j][half * 2 + quad] + bias;
              if (p.relu) v[j] = relu(v[j]);
            }
            E* to = out + channel * p.output.channel_stride + quad * 4;
            const int left = g.width - x - quad * 4;
            if (!all_plain) continue;  // written below
            if (a.wide) {
              if (left > 0) store4<false>(to, make_float4(v[0], v[1], v[2], v[3]));
            } else {
              store_some(to, make_float4(v[0], v[1], v[2], v[3]), left);
            }
          }
        }
      }
      if (!all_plain) mix_plainly<T>(a, results, gates, sample, segment, row_tile, tile_count, x0, y0);
    }
    if (rounds > 1) __syncthreads();  // the results are read
  }
}

}  // namespace ablate::kernels::cuda
