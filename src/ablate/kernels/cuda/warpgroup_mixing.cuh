#pragma once

// FastSTMBlock in one launch on sm_90. A cluster of blocks has a tile of pixels: each block convolves a part of the
// active channels and writes the results into the shared memory of all of them, then computes a part of the output
// channels. Nothing but the coefficients leaves the chip between x and the output.
//
//   tile + halo ──▶ 7x7, bias, ReLU ──▶ results in the cluster ──────────────┐
//                       ▼ sum · basis ──▶ rendezvous ──▶ gates ──▶ scaled ──▶ products ──▶ output
//   passive channels ──────────────────────────────────────────▶ products ──────┘

#include "ablate/kernels/cuda/cluster.cuh"
#include "ablate/kernels/cuda/convolve.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"
#include "ablate/kernels/cuda/warpgroup_products.cuh"

namespace ablate::kernels::cuda {

/// Asks for the tiles chunk by chunk, sample by sample; one thread of the block.
template <typename T>
struct TileRequests {
  __device__ __forceinline__ TileRequests(const WarpgroupArguments& a, const WarpgroupBlock<T>& b, int member)
      : chunks((a.share + T::chunk - 1) / T::chunk), sample(member) {}

  __device__ __forceinline__ void next(const CUtensorMap& map, const WarpgroupArguments& a, const WarpgroupBlock<T>& b,
                                       int stage, bool asks) {
    if (sample >= a.mixing.gate.batch) return;
    if (asks) {
      barrier_expect(&b.tiles_full[stage], T::chunk * T::channel_elements * sizeof(typename T::Element));
      copy_box(b.tiles + stage * T::tile_bytes, &map, b.x0 - T::margin, b.y0 - T::K / 2,
               sample * a.planes + b.first + chunk * T::chunk, &b.tiles_full[stage]);
    }
    if (++chunk == chunks) chunk = 0, sample += a.samples;
  }
  __device__ __forceinline__ bool more(const WarpgroupArguments& a) const { return sample < a.mixing.gate.batch; }

  int chunks, sample, chunk = 0;
};

/// Everything but the tiles, in three pieces; one thread.
template <typename T>
__device__ __forceinline__ void ask_for_weights(const WarpgroupArguments& a, const WarpgroupBlock<T>& b) {
  const int active = a.mixing.gate.active;
  const int row = T::taps + b.width, gate_row = b.width * (a.shifts ? 2 : 1);
  const uint32_t filter_bytes = b.count * row * 4, gate_bytes = active * gate_row * 4;
  barrier_expect(b.constants_full, filter_bytes + gate_bytes);
  if (filter_bytes > 0) copy_row(b.filters, a.weights.filters + b.first * row, filter_bytes, b.constants_full);
  if (gate_bytes > 0) copy_row(b.gate_rows, a.weights.gates, gate_bytes, b.constants_full);
  const int groups = a.passes * T::column_groups * T::columns / warpgroup_eight;
  const uint32_t mix_bytes = groups * b.group_floats * 4;
  barrier_expect(b.mix_full, mix_bytes);
  copy_row(b.mix, a.weights.mix + static_cast<int64_t>(b.rank) * groups * b.group_floats, mix_bytes, b.mix_full);
}

/// Rows of results that no channel fills, and gates that leave values as they are.
template <typename T>
__device__ __forceinline__ void clear_padding(const WarpgroupBlock<T>& b, int active) {
  const int padded = padded_active(active);
  for (int i = active * T::stride + b.thread; i < padded * T::stride; i += T::threads) b.results[i] = 0;
  for (int i = b.thread; i < padded; i += T::threads) b.gates[2 * i] = 1, b.gates[2 * i + 1] = 0;
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
__device__ __forceinline__ void convolve_chunk(const WarpgroupArguments& a, const WarpgroupBlock<T>& b, int chunk, int stage,
                                               CoefficientParts<T>& parts) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.mixing.gate;
  const int local = b.thread / T::lanes, in_share = chunk * T::chunk + local, in_channel = b.thread % T::lanes;
  const int column = in_channel % (T::TW / 4) * 4, row = in_channel / (T::TW / 4) * T::OH;
  const float* record = b.filters + in_share * (T::taps + b.width);
  float sum = 0;
  if (in_share < b.count) {
    const E* tile = reinterpret_cast<const E*>(b.tiles + stage * T::tile_bytes);
    float values[T::OH][4];
    convolve<T>(tile + local * T::channel_elements + row * T::in_width + column + T::margin - 4, record, values);
    sum = rectify<T>(values, b.x0 + column, b.y0 + row, g.height, g.width);
    float* to = b.results + (b.first + in_share) * T::stride + row * T::TW + column;
#pragma unroll
    for (int o = 0; o < T::OH; ++o) {
      const float4 four = make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
      *reinterpret_cast<float4*>(to + o * T::TW) = four;
#pragma unroll
      for (int other = 1; other < T::cluster; ++other)
        store_in_cluster(to + o * T::TW, (b.rank + other) % T::cluster, four);
    }
  }
  sum = sum_over(sum, 1, T::lanes);
  if (in_share < b.count) parts.add(sum, record + T::taps, in_channel, b.width);
}

/// After a barrier: the block's part of each coefficient, for the other blocks of the sample.
template <typename T>
__device__ __forceinline__ void publish_parts(const WarpgroupArguments& a, const WarpgroupBlock<T>& b, int sample, unsigned epoch) {
  if (b.warp > 0 || b.lane >= b.width) return;
  float total = 0;
#pragma unroll
  for (int w = 0; w < T::warps; ++w) total += b.parts[w * b.width + b.lane];
  publish(a.meeting.words + (static_cast<int64_t>(sample) * a.blocks + blockIdx.x) * b.width + b.lane, total * a.inverse_area, epoch);
}

/// All blocks' parts, and from them the gates: one thread a channel. Ends with a barrier.
template <typename T>
__device__ __forceinline__ void find_gates(const WarpgroupArguments& a, const WarpgroupBlock<T>& b, int sample, unsigned epoch) {
  gather<T::threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * b.width, a.blocks, b.width, epoch, b.thread, b.found);
  __syncthreads();
  const auto dot = [](float4 u, float4 v, float sum) { return fmaf(u.x, v.x, fmaf(u.y, v.y, fmaf(u.z, v.z, fmaf(u.w, v.w, sum)))); };
  for (int channel = b.thread; channel < a.mixing.gate.active; channel += T::threads) {
    const float* scale = b.gate_rows + channel * b.width * (a.shifts ? 2 : 1);
    float factor = 0, shift = 0;
    for (int k = 0; k < b.width; k += 4) {
      float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
      for (int w = 0; w < T::warps; ++w) {
        const float4 part = *reinterpret_cast<const float4*>(b.found + w * b.width + k);
        sum.x += part.x, sum.y += part.y, sum.z += part.z, sum.w += part.w;
      }
      factor = dot(sum, *reinterpret_cast<const float4*>(scale + k), factor);
      if (a.shifts) shift = dot(sum, *reinterpret_cast<const float4*>(scale + b.width + k), shift);
    }
    reinterpret_cast<float2*>(b.gates)[channel] = make_float2(sigmoid(factor), shift);
  }
  __syncthreads();
}

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    warpgroup_mixing(const __grid_constant__ CUtensorMap map, const __grid_constant__ WarpgroupArguments a) {
  const DepthwiseGate& g = a.mixing.gate;
  const WarpgroupBlock<T> b(general::shared_memory(), a);
  const bool leads = b.thread == 0;  // asks the copy engine
  TileRequests<T> requests(a, b, blockIdx.y);
  if (leads) {
    prefetch_map(&map);
    for (int i = 0; i < T::stages + 2; ++i) barrier_init(&b.tiles_full[i], 1);
    fence_barrier_init();
  }
#pragma unroll
  for (int stage = 0; stage < T::stages; ++stage) requests.next(map, a, b, stage, leads);
  if (leads) ask_for_weights(a, b);
  if constexpr (T::cluster > 1) cluster_arrive_relaxed();
  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  clear_padding(b, g.active);
  __syncthreads();  // the barriers are there

  const int steps = padded_active(g.active) / 8;
  int stage = 0;
  uint32_t phase = 0;
  bool first = true;
#pragma unroll 1
  for (int sample = blockIdx.y; sample < g.batch; sample += a.samples, first = false) {
    const PassiveStream<T> passive(b, g, sample);
    Activations<T> coming[T::ahead];
    if constexpr (T::early) passive.ask_first(coming);
    if (first) barrier_wait(b.constants_full, 0);
    if constexpr (T::cluster > 1) cluster_wait();  // all blocks run, and have read the last sample's results
    CoefficientParts<T> parts;
#pragma unroll 1
    for (int chunk = 0; chunk < requests.chunks; ++chunk) {
      barrier_wait(&b.tiles_full[stage], phase);
      convolve_chunk(a, b, chunk, stage, parts);
      __syncwarp();
      if (chunk == requests.chunks - 1) {
        if constexpr (T::cluster > 1) cluster_arrive();
        parts.store(b.parts + b.warp * b.width, b.lane, b.width);
      }
      if (requests.more(a) || chunk == requests.chunks - 1) __syncthreads();
      requests.next(map, a, b, stage, leads);
      if (++stage == T::stages) stage = 0, phase ^= 1;
    }
    if (b.width > 0) publish_parts(a, b, sample, epoch);
    if (first) barrier_wait(b.mix_full, 0);
#pragma unroll 1
    for (int pass = 0; pass < a.passes; ++pass) {
      if (!T::early || pass > 0) passive.ask_first(coming);
      __syncwarp();
      WarpgroupSums<T> sums;
      clear(sums);
      mix_passive(sums, b, passive, coming, WeightOperands<T>(b, pass, steps));
      if (pass == 0) {
        if (b.width > 0) find_gates(a, b, sample, epoch);
        if constexpr (T::cluster > 1) cluster_wait();  // all blocks' results are here
        __syncwarp();
      }
      mix_active(sums, b, steps, WeightOperands<T>(b, pass, 0));
      store_sums(sums, b, a, sample, pass);
    }
    if (sample + a.samples < g.batch) {
      if constexpr (T::cluster > 1)
        cluster_arrive();
      else
        __syncthreads();  // results and gates are read
    }
  }
  if (leads) *(volatile unsigned*)own_epoch = epoch;
}

}  // namespace ablate::kernels::cuda
