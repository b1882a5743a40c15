#pragma once

// FastSTMBlock in one launch on sm_90. A cluster of blocks has a tile of pixels: each block convolves a part
// of the active channels and writes the results into the shared memory of all of them, then computes a part
// of the output channels. Nothing but the coefficients leaves the chip between x and the output.
//
//   tile + halo ──▶ 7x7, bias, ReLU ──▶ results in the cluster ──────────────┐
//                       ▼ sum · basis ──▶ rendezvous ──▶ gates ──▶ scaled ──▶ products ──▶ output
//   passive channels ──────────────────────────────────────────▶ products ──────┘

#include "ablate/kernels/cuda/cluster.cuh"
#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"
#include "ablate/kernels/cuda/warpgroup_store.cuh"

namespace ablate::kernels::cuda {

/// A chunk of the block's channels, `channel` the first of it, element by element: eight lanes a row. By all
/// threads.
template <typename T>
__device__ __forceinline__ void fetch_chunk(const WarpgroupBlock<T>& b, int sample, int channel, void* to) {
  using E = typename T::Element;
  constexpr int lanes = 8, rows = T::chunk * T::in_height, at_once = T::threads / lanes;
  const DepthwiseGate& g = b.a.mixing.gate;
  const int lane = b.thread % lanes, x = b.x0() - T::margin + lane, y = b.y0() - T::K / 2;
  const E* planes =
      static_cast<const E*>(g.source.data) + sample * g.source.sample_stride + b.first() * g.source.channel_stride;
#pragma unroll 4
  for (int row = b.thread / lanes; row < rows; row += at_once) {
    const int local = row / T::in_height, v = y + row % T::in_height;
    if (channel + local >= b.count()) break;
    const bool inside = v >= 0 && v < g.height;
    const E* from = planes + (channel + local) * g.source.channel_stride + static_cast<int64_t>(v) * g.width + x;
    E* into = static_cast<E*>(to) + local * T::channel_elements + (row - local * T::in_height) * T::in_width + lane;
#pragma unroll
    for (int i = 0; i < T::in_width; i += lanes)
      if (lane + i < T::in_width) {
        const bool there = inside && x + i >= 0 && x + i < g.width;
        copy_async<sizeof(E)>(into + i, there ? from + i : planes, there);
      }
  }
}

/// Asks for the tiles chunk by chunk, sample by sample: one thread of the block the copy engine, or all threads
/// for a part each.
template <typename T>
struct TileRequests {
  __device__ __forceinline__ explicit TileRequests(const WarpgroupBlock<T>& b) : sample(blockIdx.z) {
    chunks = (b.a.share + T::chunk - 1) / T::chunk;
    if (T::overlaps && chunks == 0) sample = b.a.mixing.gate.batch;  // nothing to be convolved
  }
  __device__ __forceinline__ bool more(const WarpgroupBlock<T>& b) const {
    return sample < b.a.mixing.gate.batch;
  }

  __device__ __forceinline__ void next(const CUtensorMap& map, const WarpgroupBlock<T>& b, int stage,
                                       bool asks) {
    if (!more(b)) return;
    if constexpr (!T::boxes) {
      fetch_chunk(b, sample, chunk * T::chunk, b.tiles(stage));
      arrive_with_copies(b.tile_full(stage));
    } else if (asks) {
      barrier_expect(b.tile_full(stage), T::chunk * T::channel_elements * sizeof(typename T::Element));
      copy_box(b.tiles(stage), &map, b.x0() - T::margin, b.y0() - T::K / 2,
               sample * b.a.planes + b.first() + chunk * T::chunk, b.tile_full(stage));
    }
    if (++chunk == chunks) chunk = 0, sample += b.a.samples;
  }

  int chunks, sample, chunk = 0;
};

/// Everything but the tiles, in three pieces; one thread.
template <typename T>
__device__ __forceinline__ void ask_for_weights(const WarpgroupBlock<T>& b) {
  const WarpgroupArguments& a = b.a;
  const int active = a.mixing.gate.active;
  const int row = T::taps + b.width(), gate_row = b.width() * (a.shifts ? 2 : 1);
  const uint32_t filter_bytes = b.count() * row * 4, gate_bytes = active * gate_row * 4;
  barrier_expect(b.constants_full(), filter_bytes + gate_bytes);
  if (filter_bytes > 0)
    copy_row(b.filters(), a.weights.filters + b.first() * row, filter_bytes, b.constants_full());
  if (gate_bytes > 0) copy_row(b.gate_rows(), a.weights.gates, gate_bytes, b.constants_full());
  const int groups = a.passes * T::column_groups * T::columns / warpgroup_eight;
  const uint32_t mix_bytes = groups * a.group_floats * 4;
  barrier_expect(b.mix_full(), mix_bytes);
  copy_row(b.mix(0), a.weights.mix + static_cast<int64_t>(b.rank()) * groups * a.group_floats, mix_bytes,
           b.mix_full());
}

/// Rows of results that no channel fills, and gates that leave values as they are.
template <typename T>
__device__ __forceinline__ void clear_padding(const WarpgroupBlock<T>& b, int active) {
  const int padded = padded_active(active);
  for (int i = active * T::stride + b.thread; i < padded * T::stride; i += T::threads)
    b.results()[i] = typename T::Result(0.F);
  for (int i = b.thread; i < padded; i += T::threads) b.gates()[2 * i] = T::scale, b.gates()[2 * i + 1] = 0;
}

/// The parts of the coefficients that a thread has: number lane, lane + lanes, ... of its channel's lanes.
template <typename T>
struct CoefficientParts {
  static constexpr int count = most_basis / T::lanes > 0 ? most_basis / T::lanes : 1;
  float part[count] = {};

  __device__ __forceinline__ void add(float sum, const float* basis, int lane, int width) {
#pragma unroll
    for (int i = 0; i < count; ++i)
      if (lane + i * T::lanes < width) part[i] = fmaf(sum, basis[lane + i * T::lanes], part[i]);
  }
  /// Over the channels of a warp, into its row of `to`.
  __device__ __forceinline__ void store(float* to, int lane, int width) const {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      if (i * T::lanes >= width) break;
      const float sum = sum_over(part[i], T::lanes, 32);
      if (lane < T::lanes && lane + i * T::lanes < width) to[lane + i * T::lanes] = sum;
    }
  }
};

/// One chunk of channels: results into all blocks of the cluster, sums into `parts`.
template <typename T>
__device__ __forceinline__ void convolve_chunk(const WarpgroupBlock<T>& b, int chunk, int stage,
                                               CoefficientParts<T>& parts) {
  using E = typename T::Element;
  const DepthwiseGate& g = b.a.mixing.gate;
  const int local = b.thread / T::lanes, in_share = chunk * T::chunk + local,
            in_channel = b.thread % T::lanes;
  const int column = in_channel % (T::TW / 4) * 4, row = in_channel / (T::TW / 4) * T::OH;
  const float* record = b.filters() + in_share * (T::taps + b.width());
  float sum = 0;
  if (in_share < b.count()) {
    const E* tile = reinterpret_cast<const E*>(b.tiles(stage));
    float values[T::OH][4];
    convolve<T::K, T::OH>(tile + local * T::channel_elements + row * T::in_width + column + T::margin - 4,
                          T::in_width, record, values);
    sum = rectify(values, b.x0() + column, b.y0() + row, g.height, g.width);
    float* to = b.results() + T::place(b.first() + in_share, row * T::TW + column);
#pragma unroll
    for (int o = 0; o < T::OH; ++o) {
      const float4 four = make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
      *reinterpret_cast<float4*>(to + o * T::TW) = four;
#pragma unroll
      for (int other = 1; other < T::cluster; ++other)
        store_in_cluster(to + o * T::TW, b.results_full(), (b.rank() + other) % T::cluster, four);
    }
  }
  sum = sum_over(sum, 1, T::lanes);
  if (in_share < b.count()) parts.add(sum, record + T::taps, in_channel, b.width());
}

/// After a barrier: the block's part of each coefficient, for the other blocks of the sample.
template <typename T>
__device__ __forceinline__ void publish_parts(const WarpgroupBlock<T>& b, int sample, unsigned epoch) {
  const WarpgroupArguments& a = b.a;
  if (b.warp > 0 || b.lane >= b.width()) return;
  float total = 0;
#pragma unroll
  for (int w = 0; w < T::warps; ++w) total += b.parts()[w * b.width() + b.lane];
  publish_part(a.meeting, sample, a.blocks, b.number(), b.width(), b.lane, total * a.inverse_area, epoch);
}

/// All blocks' parts, and from them the gates: one thread a channel. Ends with a barrier.
template <typename T>
__device__ __forceinline__ void find_gates(const WarpgroupBlock<T>& b, int sample, unsigned epoch) {
  const WarpgroupArguments& a = b.a;
  gather<T::threads>(a.meeting, sample, a.blocks, b.width(), epoch, b.thread, b.found());
  __syncthreads();
  const auto dot = [](float4 u, float4 v, float sum) {
    return fmaf(u.x, v.x, fmaf(u.y, v.y, fmaf(u.z, v.z, fmaf(u.w, v.w, sum))));
  };
  for (int channel = b.thread; channel < a.mixing.gate.active; channel += T::threads) {
    const float* scale = b.gate_rows() + channel * b.width() * (a.shifts ? 2 : 1);
    float factor = 0, shift = 0;
    for (int k = 0; k < b.width(); k += 4) {
      float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
      for (int w = 0; w < T::warps; ++w) {
        const float4 part = *reinterpret_cast<const float4*>(b.found() + w * b.width() + k);
        sum.x += part.x, sum.y += part.y, sum.z += part.z, sum.w += part.w;
      }
      factor = dot(sum, *reinterpret_cast<const float4*>(scale + k), factor);
      if (a.shifts) shift = dot(sum, *reinterpret_cast<const float4*>(scale + b.width() + k), shift);
    }
    reinterpret_cast<float2*>(b.gates())[channel] = make_float2(T::scale * sigmoid(factor), T::scale * shift);
  }
  __syncthreads();
}

/// Barriers, then all requests that the shared memory has room for.
template <typename T>
__device__ __forceinline__ TileRequests<T> begin(const CUtensorMap& map, const WarpgroupBlock<T>& b) {
  TileRequests<T> requests(b);
  const bool leads = b.thread == 0;
  if (leads) {
    if constexpr (T::boxes) prefetch_map(&map);
    for (int i = 0; i < T::stages + 3; ++i)
      barrier_init(b.tile_full(i), !T::boxes && i < T::stages ? T::threads : 1);
    fence_barrier_init();
  }
  const bool early = T::overlaps && b.a.overlap.begin == Begin::early, weights_first = !T::boxes || early;
  if (weights_first && leads) ask_for_weights(b);
  clear_padding(b, b.a.mixing.gate.active);
  if constexpr (!T::boxes) __syncthreads();  // all arrive at the barriers
  if (early) general::wait_for_previous();
  if (T::overlaps && b.a.overlap.next == Next::at_once) general::let_next_begin();
#pragma unroll
  for (int stage = 0; stage < T::stages; ++stage) requests.next(map, b, stage, leads);
  if (!weights_first && leads) ask_for_weights(b);
  if constexpr (T::cluster > 1) cluster_arrive();
  return requests;
}

/// Which tile is next, of those in shared memory.
struct Turn {
  int stage = 0;
  uint32_t phase = 0;
};

/// All active channels of the block's share, and their part of the coefficients.
template <typename T>
__device__ __forceinline__ void convolve_share(const CUtensorMap& map, const WarpgroupArguments& a,
                                               TileRequests<T>& requests, Turn& turn, int sample,
                                               unsigned epoch) {
  const WarpgroupBlock<T> b(a);
  if (T::cluster > 1 && b.thread == 0)
    barrier_expect(b.results_full(), (a.mixing.gate.active - b.count()) * T::pixels * 4);
  CoefficientParts<T> parts;
#pragma unroll 1
  for (int chunk = 0; chunk < requests.chunks; ++chunk) {
    const bool last = chunk == requests.chunks - 1;
    barrier_wait(b.tile_full(turn.stage), turn.phase);
    convolve_chunk(b, chunk, turn.stage, parts);
    if (last) parts.store(b.parts() + b.warp * b.width(), b.lane, b.width());
    if (last || requests.more(b)) __syncthreads();
    requests.next(map, b, turn.stage, b.thread == 0);
    if (++turn.stage == T::stages) turn.stage = 0, turn.phase ^= 1;
  }
  if (b.width() > 0) publish_parts(b, sample, epoch);
}

/// One pass over the pixels: a part of the output channels. The first waits for the gates.
template <typename T>
__device__ __forceinline__ void mix_pass(const WarpgroupArguments& a, Activations<T> (&coming)[T::ahead],
                                         int sample, int pass, uint32_t round, unsigned epoch) {
  const int steps = padded_active(a.mixing.gate.active) / warpgroup_step;
  WarpgroupSums<T> sums;
  clear(sums);
  {
    const WarpgroupBlock<T> b(a);
    const PassiveStream<T> passive(b, sample);
    if (!T::early || pass > 0) passive.ask_first(coming);
    __syncwarp();
    mix_passive(sums, b, passive, coming, WeightOperands<T>(b, pass, steps));
  }
  if (pass == 0) {
    if (a.mixing.gate.basis_width > 0) find_gates(WarpgroupBlock<T>(a), sample, epoch);
    if constexpr (T::cluster > 1) barrier_wait(WarpgroupBlock<T>(a).results_full(), round & 1);
    __syncwarp();
  }
  const WarpgroupBlock<T> b(a);
  mix_active(sums, b, steps, WeightOperands<T>(b, pass, 0));
  store_sums(sums, b, sample, pass);
}

/// This launch's number; counts on.
template <typename T>
__device__ __forceinline__ unsigned begin_epoch(const WarpgroupArguments& a) {
  if (a.mixing.gate.basis_width == 0) return 0;
  auto* own = reinterpret_cast<volatile unsigned*>(a.meeting.epochs) + blockIdx.z * a.blocks +
              WarpgroupBlock<T>(a).number();
  const unsigned epoch = *own + 1;
  __syncthreads();
  if (threadIdx.x == 0) *own = epoch;  // all threads have read it
  return epoch;
}

template <typename T>
__device__ __forceinline__ void end_launch(const WarpgroupArguments& a) {
  if (T::overlaps && a.overlap.next == Next::at_end) general::let_next_begin();
  // Who waits for this launch waits for that one, too.
  if (T::overlaps && a.overlap.begin == Begin::beside) general::wait_for_previous();
}

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    warpgroup_mixing(const __grid_constant__ CUtensorMap map, const __grid_constant__ WarpgroupArguments a) {
  TileRequests<T> requests = begin(map, WarpgroupBlock<T>(a));
  const unsigned epoch = begin_epoch<T>(a);
  __syncthreads();  // the barriers are there
  barrier_wait(WarpgroupBlock<T>(a).constants_full(), 0);
  Turn turn;
  uint32_t round = 0;
#pragma unroll 1
  for (int sample = blockIdx.z; sample < a.mixing.gate.batch; sample += a.samples, ++round) {
    Activations<T> coming[T::ahead];
    if constexpr (T::early) PassiveStream<T>(WarpgroupBlock<T>(a), sample).ask_first(coming);
    if constexpr (T::cluster > 1) cluster_wait();  // all blocks run, and have read the last sample's results
    convolve_share(map, a, requests, turn, sample, epoch);
    barrier_wait(WarpgroupBlock<T>(a).mix_full(), 0);
#pragma unroll 1
    for (int pass = 0; pass < a.passes; ++pass) mix_pass(a, coming, sample, pass, round, epoch);
    if (sample + a.samples < a.mixing.gate.batch) {
      if constexpr (T::cluster > 1)
        cluster_arrive();
      else
        __syncthreads();  // results and gates are read
    }
  }
  end_launch<T>(a);
}

}  // namespace ablate::kernels::cuda
