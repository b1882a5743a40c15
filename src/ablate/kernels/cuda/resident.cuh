#pragma once

// Depthwise convolution + bias + ReLU + global average pool + basis projection + gate in one launch: x is read
// once, the output written once, and what lies between never leaves the chip.
//
// A block holds `groups` groups of threads that work by themselves; a group convolves one tile of a channel at a
// time. The blocks of a sample hold all its tiles at once, so that the average of every channel is known before
// the first value is written. Where there are more samples than fit, a group keeps its tiles of the sample before
// in shared memory and writes them out one by one, each just before its place is taken: the rendezvous of one
// sample passes behind the convolution of the next.

#include "ablate/kernels/cuda/resident.hpp"
#include "ablate/kernels/cuda/rendezvous.cuh"

#include <type_traits>

namespace ablate::kernels::cuda {

/// TW x TH: a tile; OH: rows of it that a thread computes, four columns wide; Boxes: tiles come by the copy engine
/// (sm_90), otherwise by cp.async; Once: one tile a group and all samples at once, the tile stays in registers;
/// Passes: there are passive channels to copy.
template <typename E_, int K_, int TW_, int TH_, int OH_, int Groups_, int Stages_, bool Boxes_, bool Once_, bool Passes_,
          int MinBlocks_>
struct ResidentTraits {
  using Element = E_;
  static constexpr int K = K_, TW = TW_, TH = TH_, OH = OH_, groups = Groups_, stages = Stages_, min_blocks = MinBlocks_;
  static constexpr bool boxes = Boxes_, once = Once_, passes = Passes_;

  static constexpr int group_threads = TW / 4 * (TH / OH), group_warps = group_threads / 32;
  static constexpr int threads = groups * group_threads;
  static constexpr int in_width = TW + 8, in_height = TH + K - 1;  // from four columns before the tile to four after
  static constexpr int taps = padded_taps(K);
  static constexpr int tile_bytes = (in_width * in_height * static_cast<int>(sizeof(Element)) + 127) / 128 * 128;
  static constexpr int stage_bytes = tile_bytes + (taps * 4 + 127) / 128 * 128;
  static constexpr int stash_bytes = group_threads * OH * 16;  // one tile of results, float
  static_assert(group_threads % 32 == 0 && TH % OH == 0);

  /// Dynamic shared memory of a group: its stages and stash, then what GroupMemory lays out.
  __host__ __device__ static constexpr int group_bytes(int units, int width) {
    return stages * stage_bytes + units * (once ? 0 : stash_bytes) + small_bytes(units, width);
  }
  __host__ __device__ static constexpr int small_bytes(int units, int width) {
    const int floats = 3 * units * width + 2 * units * group_warps + group_warps * width + 2 * width;
    return (stages * 8 + units * 12 + floats * 4 + 15) / 16 * 16;
  }
};

/// Where a tile lies.
struct Unit {
  int channel, x, y;
};

/// A group's own shared memory.
template <typename T>
struct GroupMemory {
  __device__ __forceinline__ GroupMemory(unsigned char* base, int units, int width)
      : tiles(base),
        stash(reinterpret_cast<float4*>(base + T::stages * T::stage_bytes)),
        full(reinterpret_cast<uint64_t*>(base + T::stages * T::stage_bytes + units * (T::once ? 0 : T::stash_bytes))),
        rows(reinterpret_cast<float*>(full + T::stages)),
        tile_sums(rows + 3 * units * width),
        found(tile_sums + 2 * units * T::group_warps),
        parts(found + T::group_warps * width),
        units(reinterpret_cast<Unit*>(parts + 2 * width)) {}

  unsigned char* tiles;  ///< [stages]: a tile, then its channel's kernel
  float4* stash;         ///< [units][rows][threads]: results of the round before
  uint64_t* full;        ///< [stages]
  float* rows;           ///< [3][units][width]: of basis, scale and shift
  float* tile_sums;      ///< [2][units][warps]
  float* found;          ///< [warps][width]: of the gathered coefficients
  float* parts;          ///< [2][width]: of the coefficients, by this group
  Unit* units;           ///< [units]
};

/// Fetches tiles ahead of their use, `stages` deep.
template <typename T>
struct TileLoader {
  const ResidentArguments& a;
  const CUtensorMap* map;
  unsigned char* buffer;
  uint64_t* full;
  int thread;

  __device__ __forceinline__ void fetch(int stage, int sample, const Unit& unit) const {
    unsigned char* to = buffer + stage * T::stage_bytes;
    const float* weights = a.gate.weights + unit.channel * T::taps;
    if constexpr (T::boxes) {
      if (thread != 0) return;
      barrier_expect(&full[stage], T::in_width * T::in_height * sizeof(typename T::Element) + T::taps * 4);
      copy_box(to, map, unit.x - 4, unit.y - T::K / 2, sample * a.planes + unit.channel, &full[stage]);
      copy_row(to + T::tile_bytes, weights, T::taps * 4, &full[stage]);
    } else {
      fetch_by_threads(to, sample, unit);
      for (int i = thread; i < T::taps / 4; i += T::group_threads)
        copy_async<16>(to + T::tile_bytes + 16 * i, weights + 4 * i, true);
      copies_commit();
    }
  }

  /// The calling thread's part is there; a barrier makes it the group's.
  __device__ __forceinline__ void wait(int stage, uint32_t parity) const {
    if constexpr (T::boxes)
      barrier_wait(&full[stage], parity);
    else {
      copies_wait<T::stages - 1>();
      group_barrier<T::group_threads>(1 + threadIdx.x / T::group_threads);
    }
  }

 private:
  __device__ __forceinline__ void fetch_by_threads(unsigned char* to, int sample, const Unit& unit) const {
    using E = typename T::Element;
    const int height = a.gate.height, width = a.gate.width;
    const E* plane = static_cast<const E*>(a.gate.source.data) + sample * a.gate.source.sample_stride +
                     unit.channel * a.gate.source.channel_stride;
    E* rows = reinterpret_cast<E*>(to);
    if (a.wide) {
      constexpr int vectors = T::in_width / 4;
      for (int i = thread; i < vectors * T::in_height; i += T::group_threads) {
        const int x = unit.x - 4 + i % vectors * 4, y = unit.y - T::K / 2 + i / vectors;
        const bool inside = x >= 0 && x < width && y >= 0 && y < height;
        copy_async<4 * sizeof(E)>(rows + 4 * i, inside ? plane + static_cast<int64_t>(y) * width + x : plane, inside);
      }
      return;
    }
    for (int i = thread; i < T::in_width * T::in_height; i += T::group_threads) {
      const int x = unit.x - 4 + i % T::in_width, y = unit.y - T::K / 2 + i / T::in_width;
      const bool inside = x >= 0 && x < width && y >= 0 && y < height;
      const E* from = inside ? plane + static_cast<int64_t>(y) * width + x : plane;
      if constexpr (sizeof(E) == 4)
        copy_async<4>(rows + i, from, inside);
      else
        rows[i] = inside ? *from : E(0.f);
    }
  }
};

/// sums[o][j] = bias + kernel . input around output (row o, column j) of the thread; `rows` is the thread's first
/// input row, four columns before its first output.
template <typename T>
__device__ __forceinline__ void convolve(const typename T::Element* rows, const float* taps, float (&sums)[T::OH][4]) {
  constexpr int K = T::K;
  float w[T::taps];
#pragma unroll
  for (int i = 0; i < T::taps; i += 4) {
    const float4 four = *reinterpret_cast<const float4*>(taps + i);
    w[i] = four.x, w[i + 1] = four.y, w[i + 2] = four.z, w[i + 3] = four.w;
  }
#pragma unroll
  for (int o = 0; o < T::OH; ++o)
#pragma unroll
    for (int j = 0; j < 4; ++j) sums[o][j] = w[K * K];
#pragma unroll
  for (int r = 0; r < T::OH + K - 1; ++r) {
    float in[12];
#pragma unroll
    for (int v = 0; v < 3; ++v) {
      if (K == 1 && v != 1) continue;
      const float4 four = load4(rows + r * T::in_width + 4 * v);
      in[4 * v] = four.x, in[4 * v + 1] = four.y, in[4 * v + 2] = four.z, in[4 * v + 3] = four.w;
    }
#pragma unroll
    for (int o = 0; o < T::OH; ++o) {
      const int ky = r - o;
      if (ky < 0 || ky >= K) continue;
#pragma unroll
      for (int kx = 0; kx < K; ++kx)
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[o][j] = fmaf(in[4 - K / 2 + kx + j], w[ky * K + kx], sums[o][j]);
    }
  }
}

/// ReLU, and the sum of what lies inside the image.
template <typename T>
__device__ __forceinline__ float rectify(float (&values)[T::OH][4], int x, int y, const DepthwiseGate& g) {
  float sum = 0;
#pragma unroll
  for (int o = 0; o < T::OH; ++o)
#pragma unroll
    for (int j = 0; j < 4; ++j) values[o][j] = relu(values[o][j]);
  if (x + 4 <= g.width && y + T::OH <= g.height) {
#pragma unroll
    for (int o = 0; o < T::OH; ++o) sum += (values[o][0] + values[o][1]) + (values[o][2] + values[o][3]);
  } else {
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (x + j < g.width && y + o < g.height) sum += values[o][j];
  }
  return sum;
}

/// Row `row` of a thread's results, to `to`, which is where its column x is.
template <bool Keep, typename E>
__device__ __forceinline__ void write_row(E* to, float4 v, int x, int y, const DepthwiseGate& g, bool wide) {
  if (y >= g.height) return;
  if (wide) {
    if (x < g.width) store4<Keep>(to, v);
    return;
  }
  if (x < g.width) store1(to, v.x);
  if (x + 1 < g.width) store1(to + 1, v.y);
  if (x + 2 < g.width) store1(to + 2, v.z);
  if (x + 3 < g.width) store1(to + 3, v.w);
}

/// Copies this block's share of the passive channels, whatever their number.
template <typename E>
__device__ __noinline__ void copy_passive(const ResidentArguments& a) {
  const DepthwiseGate& g = a.gate;
  const int64_t area = static_cast<int64_t>(g.height) * g.width;
  const int planes = g.batch * g.passive;
  for (int plane = blockIdx.x; plane < planes; plane += gridDim.x) {
    const int sample = plane / g.passive, channel = plane % g.passive;
    const E* in = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + channel * g.passed.channel_stride;
    E* out = static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride +
             channel * g.passive_out.channel_stride;
    for (int64_t i = threadIdx.x; i < area; i += blockDim.x) out[i] = in[i];
  }
}

/// Four neighbouring elements as they are, to be carried from the input to the output.
template <typename E>
using Carried = std::conditional_t<sizeof(E) == 4, uint4, uint2>;

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    resident(const __grid_constant__ CUtensorMap map, const __grid_constant__ ResidentArguments a) {
  using E = typename T::Element;
  extern __shared__ __align__(1024) unsigned char dynamic[];
  __shared__ unsigned arrivals[2];
  const DepthwiseGate& g = a.gate;
  const int width = g.basis_width;
  const int block = blockIdx.x, member = blockIdx.y;
  const int group = threadIdx.x / T::group_threads, thread = threadIdx.x % T::group_threads;
  const GroupMemory<T> memory(dynamic + group * T::group_bytes(a.units, width), a.units, width);
  const TileLoader<T> loader{a, &map, memory.tiles, memory.full, thread};
  if (T::boxes && thread == 0) {
    prefetch_map(&map);
    for (int stage = 0; stage < T::stages; ++stage) barrier_init(&memory.full[stage], 1);
    fence_barrier_init();
  }

  const int first = (block * T::groups + group) * a.units;  // of the group's tiles, the same of every sample
  const int mine = min(a.units, max(0, g.active * a.tiles - first));
  const int rounds = member < g.batch ? (g.batch - member + a.samples - 1) / a.samples : 0;
  const auto unit_of = [&](int i) -> Unit {
    const int channel = a.by_tiles.quotient(first + i), tile = first + i - channel * a.tiles;
    const int y = a.by_tiles_x.quotient(tile);
    return {channel, (tile - y * a.tiles_x) * T::TW, y * T::TH};
  };
  // The first tiles are asked for before anything else; a stage that has none says so to cp.async, which counts.
  int next_round = 0, next_unit = 0;
#pragma unroll
  for (int stage = 0; stage < T::stages; ++stage) {
    if (next_round < rounds && mine > 0) {
      if (!T::boxes || thread == 0) loader.fetch(stage, member + next_round * a.samples, unit_of(next_unit));
      if (++next_unit == mine) next_unit = 0, ++next_round;
    } else if (!T::boxes) {
      copies_commit();
    }
  }
  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  if (thread < mine) memory.units[thread] = unit_of(thread);
  if (threadIdx.x < 2) arrivals[threadIdx.x] = 0;
  for (int i = thread; i < mine * width; i += T::group_threads) {
    const int from = unit_of(a.by_width.quotient(i)).channel * width + i % width;
    memory.rows[i] = __ldg(g.basis + from);
    memory.rows[a.units * width + i] = __ldg(g.scale + from);
    if (g.shift) memory.rows[2 * a.units * width + i] = __ldg(g.shift + from);
  }
  __syncthreads();
  if (threadIdx.x == 0) *(volatile unsigned*)own_epoch = epoch;

  const int lane = thread % 32, warp = thread / 32;
  const int column = thread % (T::TW / 4) * 4, row = thread / (T::TW / 4) * T::OH;
  const auto barrier = [&] { group_barrier<T::group_threads>(1 + group); };

  const auto unit_gate = [&](int i, float& scale, float& shift) {
    float coefficient = 0, product = 0, other = 0;
    if (lane < width) {
#pragma unroll
      for (int w = 0; w < T::group_warps; ++w) coefficient += memory.found[w * width + lane];
      product = coefficient * memory.rows[(a.units + i) * width + lane];
      if (g.shift) other = coefficient * memory.rows[(2 * a.units + i) * width + lane];
    }
    for (int lanes = width / 2; lanes; lanes >>= 1) {
      product += __shfl_xor_sync(~0u, product, lanes);
      other += __shfl_xor_sync(~0u, other, lanes);
    }
    scale = sigmoid(__shfl_sync(~0u, product, 0));
    shift = __shfl_sync(~0u, other, 0);
  };
  const auto tile_at = [&](auto* planes, const auto& strides, int sample, const Unit& unit) {
    return planes + sample * strides.sample_stride + unit.channel * strides.channel_stride +
           static_cast<int64_t>(unit.y + row) * g.width + unit.x + column;
  };
  const auto write_out = [&](int sample, const Unit& unit, float scale, float shift, auto&& value_of_row) {
    E* out = tile_at(static_cast<E*>(g.active_out.data), g.active_out, sample, unit);
#pragma unroll
    for (int o = 0; o < T::OH; ++o) {
      float4 v = value_of_row(o);
      v.x = fmaf(v.x, scale, shift), v.y = fmaf(v.y, scale, shift);
      v.z = fmaf(v.z, scale, shift), v.w = fmaf(v.w, scale, shift);
      write_row<T::once>(out + static_cast<int64_t>(o) * g.width, v, unit.x + column, unit.y + row + o, g, a.wide);
    }
  };
  const auto pick_up = [&](int sample, const Unit& unit, Carried<E>(&carried)[T::OH]) {
    const E* from = tile_at(static_cast<const E*>(g.passed.data), g.passed, sample, unit);
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
      if (unit.y + row + o < g.height && unit.x + column < g.width)
        carried[o] = __ldcs(reinterpret_cast<const Carried<E>*>(from + static_cast<int64_t>(o) * g.width));
  };
  const auto put_down = [&](int sample, const Unit& unit, const Carried<E>(&carried)[T::OH]) {
    E* to = tile_at(static_cast<E*>(g.passive_out.data), g.passive_out, sample, unit);
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
      if (unit.y + row + o < g.height && unit.x + column < g.width)
        __stcs(reinterpret_cast<Carried<E>*>(to + static_cast<int64_t>(o) * g.width), carried[o]);
  };
  // The block's part of a sample's coefficients: the group that comes last adds up and tells.
  const auto contribute = [&](int round) {
    if (width == 0 || warp != 0) return;
    const int parity = round & 1;
    float part = 0;
    for (int i = 0; i < mine; ++i) {
      float sum = 0;
#pragma unroll
      for (int w = 0; w < T::group_warps; ++w) sum += memory.tile_sums[(parity * a.units + i) * T::group_warps + w];
      if (lane < width) part += sum * memory.rows[i * width + lane];
    }
    unsigned long long* words =
        a.meeting.words + (static_cast<int64_t>(member + round * a.samples) * a.blocks + block) * width + lane;
    if constexpr (T::groups > 1) {
      if (lane < width) memory.parts[parity * width + lane] = part;
      __threadfence_block();
      __syncwarp();
      // Two counters: a group may be a round ahead of another, but never two.
      unsigned before = 0;
      if (lane == 0) before = atomicAdd(&arrivals[parity], 1);
      before = __shfl_sync(~0u, before, 0);
      if (before % T::groups != T::groups - 1) return;
      __threadfence_block();
      part = 0;
      const int stride = T::group_bytes(a.units, width) / 4;
      const volatile float* parts = memory.parts - group * stride + parity * width + lane;
      if (lane < width)
#pragma unroll
        for (int other = 0; other < T::groups; ++other) part += parts[other * stride];
    }
    if (lane < width) publish(words, part * a.inverse_area, epoch);
  };
  const auto convolve_unit = [&](int stage, const Unit& unit, int i, int parity, float(&values)[T::OH][4]) {
    const unsigned char* tile = memory.tiles + stage * T::stage_bytes;
    convolve<T>(reinterpret_cast<const E*>(tile) + row * T::in_width + column,
                reinterpret_cast<const float*>(tile + T::tile_bytes), values);
    const float sum = sum_of_warp(rectify<T>(values, unit.x + column, unit.y + row, g));
    if (lane == 0) memory.tile_sums[(parity * a.units + i) * T::group_warps + warp] = sum;
  };

  if constexpr (T::once) {
    const int sample = member;
    const Unit unit = mine > 0 ? memory.units[0] : Unit{0, 0, 0};
    Carried<E> carried[T::OH];
    if (T::passes && a.paired && mine > 0) pick_up(sample, unit, carried);
    float values[T::OH][4];
    if (mine > 0) {
      loader.wait(0, 0);
      convolve_unit(0, unit, 0, 0, values);
    }
    barrier();
    contribute(0);
    if (T::passes && a.paired && mine > 0) put_down(sample, unit, carried);
    if (T::passes && g.passive > 0 && !a.paired) copy_passive<E>(a);
    float scale = 1, shift = 0;
    if (width > 0) {
      gather<T::group_threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * width, a.blocks, width, epoch,
                               thread, memory.found);
      barrier();
      unit_gate(0, scale, shift);
    }
    if (mine > 0)
      write_out(sample, unit, scale, shift, [&](int o) { return make_float4(values[o][0], values[o][1], values[o][2], values[o][3]); });
    return;
  }

  if (T::passes && g.passive > 0 && !a.paired) copy_passive<E>(a);
  Carried<E> carried[T::OH];
  if (T::passes && a.paired && mine > 0 && rounds > 0) pick_up(member, memory.units[0], carried);
  int stage = 0;
  uint32_t phase = 0;
  for (int round = 0; round <= rounds; ++round) {
    const bool live = round < rounds;
    for (int i = 0; i < max(mine, 1); ++i) {
      const bool work = live && i < mine;
      const Unit unit = i < mine ? memory.units[i] : Unit{0, 0, 0};
      const int free_stage = stage;
      float values[T::OH][4];
      if (work) {
        if (T::passes && a.paired) put_down(member + round * a.samples, unit, carried);
        loader.wait(stage, phase);
        convolve_unit(stage, unit, i, round & 1, values);
        if (++stage == T::stages) stage = 0, phase ^= 1;
      }
      barrier();  // the tile is read, its sums are written
      if (work) {
        if (next_round < rounds) {
          loader.fetch(free_stage, member + next_round * a.samples, memory.units[next_unit]);
          if (++next_unit == mine) next_unit = 0, ++next_round;
        } else if (!T::boxes) {
          copies_commit();
        }
      }
      if (live && i + 1 >= mine) contribute(round);
      if (round > 0) {
        const int sample = member + (round - 1) * a.samples;
        if (i == 0 && width > 0) {  // a group without tiles too: nobody runs more than a round ahead
          gather<T::group_threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * width, a.blocks, width,
                                   epoch, thread, memory.found);
          barrier();
        }
        if (i < mine) {
          float scale = 1, shift = 0;
          if (width > 0) unit_gate(i, scale, shift);
          write_out(sample, unit, scale, shift, [&](int o) { return memory.stash[(i * T::OH + o) * T::group_threads + thread]; });
        }
      }
      if (work) {
#pragma unroll
        for (int o = 0; o < T::OH; ++o)
          memory.stash[(i * T::OH + o) * T::group_threads + thread] = make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
        const bool last = i + 1 == mine;
        if (T::passes && a.paired && (!last || round + 1 < rounds))
          pick_up(member + (last ? round + 1 : round) * a.samples, memory.units[last ? 0 : i + 1], carried);
      }
    }
  }
}

}  // namespace ablate::kernels::cuda
