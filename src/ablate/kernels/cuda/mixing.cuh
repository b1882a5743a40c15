#pragma once

// A block has a tile of pixels with all its active channels, whose results stay in shared memory until the
// gate is known: nothing but the coefficients leaves the chip between x and the output. The passive channels
// are mixed first, behind the rendezvous; the active ones follow, scaled on their way into the tensor cores.
//
// Pixels are dealt to the tensor cores' columns so that a thread's four loads are neighbours: column n of
// product j is pixel 4 n + j of a segment of 32. A thread then has eight neighbouring pixels of a row.

#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/rendezvous.cuh"

namespace ablate::kernels::cuda {

/// Boxes: tiles come by the copy engine; Exact: three products of TF32 for one of float32; KeepsWeights: in
/// shared memory, otherwise they are read through the first cache; Pad: columns that keep rows of a tile in
/// other banks.
template <typename E_, int K_, int TW_, int TH_, int OH_, int Threads_, int RowTiles_, int Stages_,
          bool Boxes_, bool Exact_, bool KeepsWeights_, int Pad_, int MinBlocks_>
struct MixingTraits {
  using Element = E_;
  static constexpr int K = K_, TW = TW_, TH = TH_, OH = OH_, threads = Threads_, row_tiles = RowTiles_,
                       stages = Stages_;
  static constexpr int min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, exact = Exact_, keeps_weights = KeepsWeights_;

  static constexpr int warps = threads / 32;
  // Where registers allow a warp more, it asks for the first tiles: asking takes as long as they take to
  // come.
  static constexpr bool producer = boxes && min_blocks == 1;
  static constexpr int block_threads = threads + (producer ? 32 : 0);
  static constexpr int small_tiles =
      row_tiles <= 2 ? row_tiles : 1;  // sums of the lesser products of their own, where registers last
  static constexpr int pixels = TW * TH, segments = pixels / 32;
  static constexpr int lanes = TW / 4 * (TH / OH);  // that share a channel
  static constexpr int chunk = threads / lanes;     // channels at one time
  static constexpr int margin =
      16 / static_cast<int>(sizeof(Element));  // columns before a tile, as the copy engine wants them
  static constexpr int in_width = TW + 2 * margin + Pad_, in_height = TH + K - 1;
  static constexpr int taps = padded_taps(K);
  static constexpr int channel_elements = in_width * in_height;
  static constexpr int tile_bytes =
      (chunk * channel_elements * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stride = pixels + 8;  // from a channel to the next: other banks
  static constexpr int stage_bytes = tile_bytes + (chunk * taps * 4 + 127) / 128 * 128;
  static_assert(lanes <= 32 && 32 % lanes == 0 && pixels % 32 == 0 && TW % 8 == 0 && chunk <= 256);

  __host__ __device__ static constexpr int padded(int channels) { return (channels + 7) / 8 * 8; }
  __host__ __device__ static constexpr MixingMemory memory(const MixingShape& s, bool overlay) {
    MixingMemory at{};
    const int step_bytes = ablate::kernels::cuda::row_tiles(s.channels) * 512;
    at.results = stages * stage_bytes;
    at.passed = at.results + padded(s.active) * stride * 4;
    at.weights_passive =
        at.passed + (padded(s.passive) * stride * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
    const int passive_end = at.weights_passive + (keeps_weights ? padded(s.passive) / 8 * step_bytes : 0);
    at.weights_active = overlay ? 0 : passive_end;
    at.floats = passive_end + (keeps_weights && !overlay ? padded(s.active) / 8 * step_bytes : 0);
    const int rows = (3 * s.active + 2 * warps) * s.width,
              biases = ablate::kernels::cuda::row_tiles(s.channels) * 16;
    at.total = at.floats + (stages + 3 + 1) / 2 * 16 + (rows + biases + 2 * padded(s.active)) * 4;
    return at;
  }
};

__device__ __forceinline__ bool finite(float v) { return (__float_as_uint(v) & 0x7f800000u) != 0x7f800000u; }

/// Eight columns of the product, for `tiles` row tiles and the 32 pixels of a segment: `low` and `high` are
/// this lane's four pixels of columns lane % 4 and lane % 4 + 4, `fragments` the step's first row tile.
template <typename T>
__device__ __forceinline__ void mix_step(float (&sums)[T::row_tiles][4][4],
                                         float (&small)[T::small_tiles][4][4], const float* fragments,
                                         int tiles, float4 low, float4 high) {
  const float values[2][4] = {{low.x, low.y, low.z, low.w}, {high.x, high.y, high.z, high.w}};
  uint32_t b[2][4], rest[2][4];
#pragma unroll
  for (int u = 0; u < 2; ++u)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if constexpr (T::exact)
        split_tf32(values[u][j], b[u][j], rest[u][j]);
      else
        b[u][j] = general::round_to_tf32(values[u][j]);
    }
#pragma unroll
  for (int m = 0; m < T::row_tiles; ++m) {
    if (m >= tiles) break;
    const float4* from = reinterpret_cast<const float4*>(fragments + m * 128) + threadIdx.x % 32;
    const float4 w = T::keeps_weights ? *from : __ldg(from);
    uint32_t a[4], a_rest[4];
    if constexpr (T::exact) {
      split_tf32(w.x, a[0], a_rest[0]), split_tf32(w.y, a[1], a_rest[1]), split_tf32(w.z, a[2], a_rest[2]),
          split_tf32(w.w, a[3], a_rest[3]);
#pragma unroll
      for (int j = 0; j < 4; ++j)
        general::multiply_add_tf32(T::small_tiles > 1 || T::row_tiles == 1 ? small[m][j] : sums[m][j], a_rest,
                                   b[0][j], b[1][j]);
#pragma unroll
      for (int j = 0; j < 4; ++j)
        general::multiply_add_tf32(T::small_tiles > 1 || T::row_tiles == 1 ? small[m][j] : sums[m][j], a,
                                   rest[0][j], rest[1][j]);
    } else {
      a[0] = general::round_to_tf32(w.x), a[1] = general::round_to_tf32(w.y),
      a[2] = general::round_to_tf32(w.z), a[3] = general::round_to_tf32(w.w);
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) general::multiply_add_tf32(sums[m][j], a, b[0][j], b[1][j]);
  }
}

/// The same without tensor cores, for a segment that holds Inf or NaN: split in two, Inf would become NaN.
template <typename T>
__device__ __noinline__ void mix_plainly(const MixingArguments& a, const float* results, const float* gates,
                                         int sample, int segment, int row_tile, int tile_count, int x0,
                                         int y0) {
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
      const float v = k < g.active ? fmaf(results[k * T::stride + pixel], gates[2 * k], gates[2 * k + 1])
                                   : static_cast<float>(passed[(k - g.active) * g.passed.channel_stride]);
      sum = fmaf(__ldg(p.mix + packed_mix_index(m, k, p.channels, g.active)), v, sum);
    }
    sum += __ldg(p.mix_bias + m);
    store1(out + m * p.output.channel_stride, p.relu ? relu(sum) : sum);
  }
}

template <typename T>
__global__ void __launch_bounds__(T::block_threads, T::min_blocks)
    mixing(const __grid_constant__ CUtensorMap map, const __grid_constant__ MixingArguments a) {
  using E = typename T::Element;
  ABLATE_DYNAMIC_SHARED(dynamic);
  const Mixing& p = a.mixing;
  const DepthwiseGate& g = p.gate;
  const int width = g.basis_width, padded = T::padded(g.active);
  const int chunks = (g.active + T::chunk - 1) / T::chunk;
  const int steps_active = padded / 8, steps_passive = (g.passive + 7) / 8, all_tiles = row_tiles(p.channels);

  const MixingMemory at = T::memory({g.active, g.passive, p.channels, width}, a.overlay);
  float* const results = reinterpret_cast<float*>(dynamic + at.results);  // [padded][pixels]
  E* const passed = reinterpret_cast<E*>(dynamic + at.passed);            // [padded passive][pixels]
  uint64_t* const full = reinterpret_cast<uint64_t*>(dynamic + at.floats);
  uint64_t* const constants_full = full + T::stages;
  uint64_t* const weights_full = constants_full + 1;  // of passive, of active channels
  float* const basis = reinterpret_cast<float*>(full + (T::stages + 3 + 1) / 2 * 2);
  float* const scale = basis + g.active * width;
  float* const shift = scale + g.active * width;
  float* const biases = shift + g.active * width;
  float* const parts = biases + all_tiles * 16;  // [warps][width]
  float* const found = parts + T::warps * width;
  float* const gates = found + T::warps * width;  // [padded][2]

  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const int block = blockIdx.x, member = blockIdx.y;
  const int tile_y = block / a.tiles_x, x0 = (block - tile_y * a.tiles_x) * T::TW, y0 = tile_y * T::TH;
  // The thread that asks the copy engine; not of the first warp, which has the coefficients to see to.
  const bool leads =
      T::producer && thread >= T::threads ? thread == T::threads : !T::producer && thread == T::threads - 32;
  const bool asks_later = thread == T::threads - 32;
  const auto barrier = [] { group_barrier<T::threads>(1); };
  const int rounds = member < g.batch ? (g.batch - member + a.samples - 1) / a.samples : 0;

  const auto fetch = [&](int stage, int sample, int chunk, bool asks) {
    unsigned char* to = dynamic + stage * T::stage_bytes;
    const float* weights = g.weights + chunk * T::chunk * T::taps;
    if constexpr (T::boxes) {
      if (!asks) return;
      barrier_expect(&full[stage], T::chunk * (T::channel_elements * sizeof(E) + T::taps * 4));
      copy_box(to, &map, x0 - T::margin, y0 - T::K / 2, sample * a.planes + chunk * T::chunk, &full[stage]);
      copy_row(to + T::tile_bytes, weights, T::chunk * T::taps * 4, &full[stage]);
    } else {
      const int count = min(T::chunk, g.active - chunk * T::chunk);
      const E* planes = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                        chunk * T::chunk * g.source.channel_stride;
      fetch_planes<T::threads, T::in_width, T::in_height>(reinterpret_cast<E*>(to), planes,
                                                          g.source.channel_stride, count, x0 - T::margin,
                                                          y0 - T::K / 2, g.height, g.width, a.wide, thread);
      for (int i = thread; i < count * T::taps / 4; i += T::threads)
        copy_async<16>(to + T::tile_bytes + 16 * i, weights + 4 * i, true);
      general::close_copy_group();
    }
  };
  // By all threads: the copy engine would put all channels into the same banks.
  const auto fetch_passed = [&](int sample) {
    const E* planes = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride;
    fetch_planes<T::threads, T::TW, T::TH, T::stride>(passed, planes, g.passed.channel_stride, g.passive, x0,
                                                      y0, g.height, g.width, a.wide, thread);
    general::close_copy_group();
  };
  // Into shared memory, 16 bytes a thread or by the copy engine.
  const auto fetch_weights = [&](int at_byte, int first_step, int steps, uint64_t* weights_barrier,
                                 bool asks) {
    const float* from = p.mix + static_cast<int64_t>(first_step) * all_tiles * 128;
    const int bytes = steps * all_tiles * 512;
    if constexpr (T::boxes) {
      if (!asks || bytes == 0) return;
      barrier_expect(weights_barrier, bytes);
      copy_row(dynamic + at_byte, from, bytes, weights_barrier);
    } else {
      for (int i = thread; i < bytes / 16; i += T::threads)
        copy_async<16>(dynamic + at_byte + 16 * i, from + 4 * i, true);
      general::close_copy_group();
    }
  };
  const auto fetch_constants = [&] {
    const int row_bytes = g.active * width * 4;
    const struct {
      float* to;
      const float* from;
      int bytes;
    } constants[] = {{basis, g.basis, row_bytes},
                     {scale, g.scale, row_bytes},
                     {shift, g.shift, g.shift ? row_bytes : 0},
                     {biases, p.mix_bias, all_tiles * 64}};
    if (T::boxes && leads) barrier_expect(constants_full, row_bytes * (g.shift ? 3 : 2) + all_tiles * 64);
#pragma unroll
    for (const auto& c : constants) {
      if (c.bytes == 0) continue;
      if constexpr (T::boxes) {
        if (leads) copy_row(c.to, c.from, c.bytes, constants_full);
      } else {
        for (int i = thread; i < c.bytes / 16; i += T::threads)
          copy_async<16>(c.to + 4 * i, c.from + 4 * i, true);
      }
    }
    if (!T::boxes) general::close_copy_group();
  };
  if (T::boxes && leads) {
    prefetch_map(&map);
    for (int i = 0; i < T::stages + 3; ++i) barrier_init(&full[i], 1);
    fence_barrier_init();
  }
  __syncthreads();  // the barriers are there
  int next_round = 0, next_chunk = 0;
  const auto fetch_next = [&](int stage, bool asks) {
    if (next_round < rounds) {
      fetch(stage, member + next_round * a.samples, next_chunk, asks);
      if (++next_chunk == chunks) next_chunk = 0, ++next_round;
    } else if (!T::boxes) {
      general::close_copy_group();
    }
  };
#pragma unroll
  for (int stage = 0; stage < T::stages; ++stage) fetch_next(stage, leads);
  fetch_constants();
  if (T::keeps_weights && rounds > 0) {
    fetch_weights(at.weights_passive, steps_active, steps_passive, &weights_full[0], leads);
    if (!a.overlay) fetch_weights(at.weights_active, 0, steps_active, &weights_full[1], leads);
  }

  if (T::producer && thread >= T::threads) return;

  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  for (int i = g.active * T::stride + thread; i < padded * T::stride; i += T::threads) results[i] = 0;
  for (int i = g.passive * T::stride + thread; i < steps_passive * 8 * T::stride; i += T::threads)
    passed[i] = E(0.f);
  for (int i = thread; i < padded; i += T::threads) gates[2 * i] = 1, gates[2 * i + 1] = 0;
  barrier();
  if (rounds > 0) fetch_passed(member);

  const int in_channel = thread % T::lanes, column = in_channel % (T::TW / 4) * 4,
            row = in_channel / (T::TW / 4) * T::OH;
  const int row_groups = (all_tiles + T::row_tiles - 1) / T::row_tiles, items = T::segments * row_groups;
  const int column_lane = lane % 4, pixel_lane = lane / 4 * 4;

  int stage = 0;
  uint32_t phase = 0;
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
    const int sample = member + round * a.samples;
    constexpr int part_count = most_basis / T::lanes > 0 ? most_basis / T::lanes : 1;
    float part[part_count] = {};  // of coefficients in_channel, in_channel + lanes, ...
#pragma unroll 1
    for (int chunk = 0; chunk < chunks; ++chunk) {
      if constexpr (T::boxes) {
        barrier_wait(&full[stage], phase);
      } else {
        general::wait_for_copies<0>();
        barrier();
      }
      const int local = thread / T::lanes, channel = chunk * T::chunk + local;
      const unsigned char* tile = dynamic + stage * T::stage_bytes;
      if (channel < g.active) {
        float values[T::OH][4];
        convolve<T::K, T::OH>(reinterpret_cast<const E*>(tile) + local * T::channel_elements +
                                  row * T::in_width + column + T::margin - 4,
                              T::in_width,
                              reinterpret_cast<const float*>(tile + T::tile_bytes) + local * T::taps, values);
        float sum = rectify(values, x0 + column, y0 + row, g.height, g.width);
#pragma unroll
        for (int o = 0; o < T::OH; ++o)
          *reinterpret_cast<float4*>(results + channel * T::stride + (row + o) * T::TW + column) =
              make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
        const unsigned together =
            T::lanes == 32 ? ~0u : ((1u << T::lanes) - 1) << (lane / T::lanes * T::lanes);
#pragma unroll
        for (int lanes = T::lanes / 2; lanes; lanes >>= 1) sum += __shfl_xor_sync(together, sum, lanes);
        if (T::boxes && round == 0 && chunk == 0) barrier_wait(constants_full, 0);
#pragma unroll
        for (int i = 0; i < part_count; ++i)
          if (in_channel + i * T::lanes < width)
            part[i] = fmaf(sum, basis[channel * width + in_channel + i * T::lanes], part[i]);
      }
      if (chunk == chunks - 1) {
#pragma unroll
        for (int i = 0; i < part_count; ++i) {
          if (i * T::lanes >= width) break;
          const float sum = sum_over(part[i], T::lanes, 32);
          if (lane < T::lanes && lane + i * T::lanes < width) parts[warp * width + lane + i * T::lanes] = sum;
        }
        general::wait_for_copies<0>();
      }
      barrier();
      fetch_next(stage, asks_later);
      if (++stage == T::stages) stage = 0, phase ^= 1;
    }
    if (T::keeps_weights && a.overlay) fetch_weights(0, 0, steps_active, &weights_full[1], asks_later);

    if (warp == 0 && lane < width) {
      float total = 0;
#pragma unroll
      for (int w = 0; w < T::warps; ++w) total += parts[w * width + lane];
      publish_part(a.meeting, sample, a.blocks, block, width, lane, total * a.inverse_area, epoch);
    }
    if (T::boxes && round == 0) {
      barrier_wait(constants_full, 0);
      if (T::keeps_weights && g.passive > 0) barrier_wait(&weights_full[0], 0);
    }

#pragma unroll 1
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
      float small[T::small_tiles][4][4] = {};
      bool plain = true;  // no Inf, no NaN
      const auto note = [&](float4 v) { plain &= finite(v.x) & finite(v.y) & finite(v.z) & finite(v.w); };
      const int pixel = segment * 32 + pixel_lane;
      if (works) {
        const float* fragments =
            T::keeps_weights ? reinterpret_cast<const float*>(dynamic + at.weights_passive) + row_tile * 128
                             : p.mix + (static_cast<int64_t>(steps_active) * all_tiles + row_tile) * 128;
        const E* from = passed + column_lane * T::stride + pixel;
#pragma unroll 4
        for (int step = 0; step < steps_passive; ++step) {
          const float4 low = load4(from + step * 8 * T::stride),
                       high = load4(from + (step * 8 + 4) * T::stride);
          if (T::exact) note(low), note(high);
          mix_step<T>(sums, small, fragments + step * all_tiles * 128, tile_count, low, high);
        }
      }
      if (item == warp && width > 0) {  // once a round, by all
        gather<T::threads>(a.meeting, sample, a.blocks, width, epoch, thread, found);
        barrier();
        const int k = lane & (width - 1);
        float coefficient = 0;
#pragma unroll
        for (int w = 0; w < T::warps; ++w) coefficient += found[w * width + k];
#pragma unroll 1
        for (int index = thread; index < (g.active * width + 31) / 32 * 32; index += T::threads) {
          const bool has = index < g.active * width;
          float product = has ? coefficient * scale[index] : 0.f,
                other = has && g.shift ? coefficient * shift[index] : 0.f;
          product = sum_over(product, 1, width);
          if (g.shift) other = sum_over(other, 1, width);
          if (has && k == 0) {
            float* gate = gates + (index >> a.width_log2) * 2;
            gate[0] = sigmoid(product), gate[1] = other;
          }
        }
        barrier();
      }
      if (T::keeps_weights && item == warp) {
        if constexpr (T::boxes) {
          if (round == 0 || a.overlay) barrier_wait(&weights_full[1], a.overlay ? round & 1 : 0);
        } else if (a.overlay) {
          general::wait_for_copies<0>();
          barrier();
        }
      }
      if (!works) continue;
      const auto gated_at = [&](int channel) {
        float4 v = *reinterpret_cast<const float4*>(results + channel * T::stride + pixel);
        const float2 gate = *reinterpret_cast<const float2*>(gates + 2 * channel);
        v.x = fmaf(v.x, gate.x, gate.y), v.y = fmaf(v.y, gate.x, gate.y);
        v.z = fmaf(v.z, gate.x, gate.y), v.w = fmaf(v.w, gate.x, gate.y);
        return v;
      };
      const float* fragments =
          T::keeps_weights ? reinterpret_cast<const float*>(dynamic + at.weights_active) + row_tile * 128
                           : p.mix + static_cast<int64_t>(row_tile) * 128;
#pragma unroll 4
      for (int step = 0; step < steps_active; ++step) {
        const float4 low = gated_at(step * 8 + column_lane), high = gated_at(step * 8 + column_lane + 4);
        if (T::exact) note(low), note(high);
        mix_step<T>(sums, small, fragments + step * all_tiles * 128, tile_count, low, high);
      }

      // Eight pixels of a row, in rows lane / 4 and lane / 4 + 8 of each row tile.
      const int out_pixel = segment * 32 + column_lane * 8, x = x0 + out_pixel % T::TW,
                y = y0 + out_pixel / T::TW;
      if (T::exact && !__all_sync(~0u, plain)) {
        mix_plainly<T>(a, results, gates, sample, segment, row_tile, tile_count, x0, y0);
        continue;
      }
      if (y >= g.height) continue;
      const bool whole = a.wide && x + 8 <= g.width;
      E* out = static_cast<E*>(p.output.data) + sample * p.output.sample_stride +
               static_cast<int64_t>(y) * g.width + x;
#pragma unroll
      for (int m = 0; m < T::row_tiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int channel = (row_tile + m) * 16 + half * 8 + lane / 4;
          if (m >= tile_count || channel >= p.channels) continue;
          const float bias = biases[channel];
          E* to = out + channel * p.output.channel_stride;
#pragma unroll
          for (int quad = 0; quad < 2; ++quad) {
            float v[4];
#pragma unroll
            for (int j = 0; j < 4; ++j) {
              v[j] = sums[m][j][half * 2 + quad] + bias;
              if constexpr (T::exact && T::row_tiles <= 2) v[j] += small[m][j][half * 2 + quad];
              if (p.relu) v[j] = relu(v[j]);
            }
            const float4 four = make_float4(v[0], v[1], v[2], v[3]);
            if (whole || (a.wide && x + quad * 4 < g.width))
              store4<false>(to + quad * 4, four);
            else
              store_some(to + quad * 4, four, a.wide ? 0 : g.width - x - quad * 4);
          }
        }
      }
    }
    if (rounds > 1) {
      barrier();  // results and passive channels are read
      if (round + 1 < rounds) fetch_passed(member + (round + 1) * a.samples);
    }
  }
  if (thread == 0) *(volatile unsigned*)own_epoch = epoch;
}

}  // namespace ablate::kernels::cuda
