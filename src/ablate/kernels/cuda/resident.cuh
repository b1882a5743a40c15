#pragma once

// Depthwise convolution + bias + ReLU + global average pool + basis projection + gate in one launch: x is read
// once, the output written once, and what lies between never leaves the chip.
//
// A block holds `groups` groups of threads that work by themselves; a group convolves one tile of a channel at a
// time. The blocks of a sample hold all its tiles at once, so that the average of every channel is known before
// the first value is written. Where there are more samples than fit, a group keeps its tiles of the sample before
// in shared memory and writes them out one by one, each just before its place is taken: the rendezvous of one
// sample passes behind the convolution of the next.

#include "ablate/kernels/cuda/convolve.cuh"
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
  // A tile in shared memory begins and ends some columns outside: 16 bytes, as the copy engine wants it, and four.
  static constexpr int margin = 16 / static_cast<int>(sizeof(Element));
  static constexpr int in_width = TW + 2 * margin, in_height = TH + K - 1;
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
    const int floats = 3 * units * width + 4 * units * group_warps + group_warps * width + 2 * width;
    return ((stages + 1) / 2 * 16 + units * 12 + floats * 4 + 127) / 128 * 128;
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
        rows(reinterpret_cast<float*>(full + (T::stages + 1) / 2 * 2)),
        tile_sums(rows + 3 * units * width),
        found(tile_sums + 2 * units * T::group_warps),
        parts(found + T::group_warps * width),
        gates(parts + 2 * width),
        units(reinterpret_cast<Unit*>(gates + 2 * units * T::group_warps)) {}

  unsigned char* tiles;  ///< [stages]: a tile, then its channel's kernel
  float4* stash;         ///< [units][rows][threads]: results of the round before
  uint64_t* full;        ///< [stages]
  float* rows;           ///< [3][units][width]: of basis, scale and shift
  float* tile_sums;      ///< [2][units][warps]
  float* found;          ///< [warps][width]: of the gathered coefficients
  float* parts;          ///< [2][width]: of the coefficients, by this group
  float* gates;          ///< [warps][units][2]: scale and shift of each tile; a warp's own
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

  /// A channel's rows of basis, scale and shift, which come with the first tile of a launch; `row` counts tiles.
  __device__ __forceinline__ void fetch_row(float* rows, int row, int channel) const {
    const int width = a.gate.basis_width;
    const float* from[] = {a.gate.basis, a.gate.scale, a.gate.shift};
#pragma unroll
    for (int i = 0; i < 3; ++i) {
      if (!from[i] || width == 0) continue;
      float* to = rows + (i * a.units + row) * width;
      if constexpr (T::boxes)
        copy_row(to, from[i] + channel * width, width * 4, &full[0]);
      else if (thread < width / 4)
        copy_async<16>(to + 4 * thread, from[i] + channel * width + 4 * thread, true);
    }
  }
  __device__ __forceinline__ uint32_t row_bytes() const {
    const DepthwiseGate& g = a.gate;
    return g.basis_width * 4 * (g.shift ? 3 : 2);
  }

  /// `more`: bytes that others bring on the stage's barrier.
  __device__ __forceinline__ void fetch(int stage, int sample, const Unit& unit, uint32_t more = 0) const {
    using E = typename T::Element;
    unsigned char* to = buffer + stage * T::stage_bytes;
    const float* weights = a.gate.weights + unit.channel * T::taps;
    if constexpr (T::boxes) {
      if (thread != 0) return;
      barrier_expect(&full[stage], T::in_width * T::in_height * sizeof(E) + T::taps * 4 + more);
      copy_box(to, map, unit.x - T::margin, unit.y - T::K / 2, sample * a.planes + unit.channel, &full[stage]);
      copy_row(to + T::tile_bytes, weights, T::taps * 4, &full[stage]);
    } else {
      const E* plane = static_cast<const E*>(a.gate.source.data) + sample * a.gate.source.sample_stride +
                       unit.channel * a.gate.source.channel_stride;
      fetch_planes<T::group_threads, T::in_width, T::in_height>(reinterpret_cast<E*>(to), plane, 0, 1, unit.x - T::margin,
                                                                unit.y - T::K / 2, a.gate.height, a.gate.width, a.wide,
                                                                thread);
      for (int i = thread; i < T::taps / 4; i += T::group_threads)
        copy_async<16>(to + T::tile_bytes + 16 * i, weights + 4 * i, true);
      general::close_copy_group();
    }
  }

  /// The calling thread's part is there; a barrier makes it the group's.
  __device__ __forceinline__ void wait(int stage, uint32_t parity) const {
    if constexpr (T::boxes)
      barrier_wait(&full[stage], parity);
    else {
      general::wait_for_copies<T::stages - 1>();
      group_barrier<T::group_threads>(1 + threadIdx.x / T::group_threads);
    }
  }
};

/// Copies this block's share of the passive channels, whatever their number.
template <typename E>
__device__ __forceinline__ void copy_passive(const ResidentArguments& a) {
  const DepthwiseGate& g = a.gate;
  const int64_t area = static_cast<int64_t>(g.height) * g.width;
  const int64_t chunk = 4 * blockDim.x, chunks = (area + chunk - 1) / chunk, blocks = gridDim.x * gridDim.y;
  const int64_t all = static_cast<int64_t>(g.batch) * g.passive * chunks;
  for (int64_t at = blockIdx.y * gridDim.x + blockIdx.x; at < all; at += blocks) {
    const int64_t plane = at / chunks, sample = plane / g.passive, channel = plane % g.passive;
    const int64_t begin = at % chunks * chunk + threadIdx.x, end = min(area, (at % chunks + 1) * chunk);
    const E* in = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride + channel * g.passed.channel_stride;
    E* out = static_cast<E*>(g.passive_out.data) + sample * g.passive_out.sample_stride +
             channel * g.passive_out.channel_stride;
    for (int64_t i = begin; i < end; i += blockDim.x) out[i] = in[i];
  }
}

/// Four neighbouring elements as they are, to be carried from the input to the output.
template <typename E>
using Carried = std::conditional_t<sizeof(E) == 4, uint4, uint2>;

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    resident(const __grid_constant__ CUtensorMap map, const __grid_constant__ ResidentArguments a) {
  using E = typename T::Element;
  ABLATE_DYNAMIC_SHARED(dynamic);
  using Arrivals = unsigned[2];
  ABLATE_STATIC_SHARED(Arrivals, arrivals);
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
      if (!T::boxes || thread == 0) {
        if (!T::boxes && stage == 0)
          for (int i = 0; i < mine; ++i) loader.fetch_row(memory.rows, i, unit_of(i).channel);
        loader.fetch(stage, member + next_round * a.samples, unit_of(next_unit), stage == 0 ? mine * loader.row_bytes() : 0);
        if (T::boxes && stage == 0)
          for (int i = 0; i < mine; ++i) loader.fetch_row(memory.rows, i, unit_of(i).channel);
      }
      if (++next_unit == mine) next_unit = 0, ++next_round;
    } else if (!T::boxes) {
      general::close_copy_group();
    }
  }
  unsigned* own_epoch = a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned epoch = *(volatile unsigned*)own_epoch + 1;
  if (thread < mine) memory.units[thread] = unit_of(thread);
  if (threadIdx.x < 2) arrivals[threadIdx.x] = 0;
  __syncthreads();

  const int lane = thread % 32, warp = thread / 32;
  const int column = thread % (T::TW / 4) * 4, row = thread / (T::TW / 4) * T::OH;
  const auto barrier = [&] { group_barrier<T::group_threads>(1 + group); };

  // From the gathered coefficients; each warp for itself, 32 / width tiles at a time.
  const auto compute_gates = [&] {
    const int k = lane & (width - 1);
    float coefficient = 0;
#pragma unroll
    for (int w = 0; w < T::group_warps; ++w) coefficient += memory.found[w * width + k];
#pragma unroll 1
    for (int index = lane; index < (mine * width + 31) / 32 * 32; index += 32) {
      const bool has = index < mine * width;
      float scale = has ? coefficient * memory.rows[a.units * width + index] : 0.f;
      float shift = has && g.shift ? coefficient * memory.rows[2 * a.units * width + index] : 0.f;
      scale = sum_over(scale, 1, width);
      if (g.shift) shift = sum_over(shift, 1, width);
      if (has && k == 0) {
        float* gate = memory.gates + (warp * a.units + (index >> a.width_log2)) * 2;
        gate[0] = sigmoid(scale), gate[1] = shift;
      }
    }
    __syncwarp();
  };
  const auto gate_of = [&](int i) {
    return width > 0 ? *reinterpret_cast<const float2*>(memory.gates + (warp * a.units + i) * 2) : make_float2(1.f, 0.f);
  };
  const auto tile_at = [&](auto* planes, const auto& strides, int sample, const Unit& unit) {
    return planes + sample * strides.sample_stride + unit.channel * strides.channel_stride +
           static_cast<int64_t>(unit.y + row) * g.width + unit.x + column;
  };
  const auto write_out = [&](int sample, const Unit& unit, float2 gate, auto&& value_of_row) {
    E* out = tile_at(static_cast<E*>(g.active_out.data), g.active_out, sample, unit);
    const int x = unit.x + column, y = unit.y + row;
    const bool whole = a.wide && x < g.width && y + T::OH <= g.height;
    const auto scaled = [&](int o) {
      float4 v = value_of_row(o);
      v.x = fmaf(v.x, gate.x, gate.y), v.y = fmaf(v.y, gate.x, gate.y);
      v.z = fmaf(v.z, gate.x, gate.y), v.w = fmaf(v.w, gate.x, gate.y);
      return v;
    };
    if (whole) {
#pragma unroll
      for (int o = 0; o < T::OH; ++o) store4<T::once>(out + o * g.width, scaled(o));
    } else {
#pragma unroll
      for (int o = 0; o < T::OH; ++o)
        if (y + o < g.height) store_some(out + o * g.width, scaled(o), g.width - x);
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
#pragma unroll 1
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
  const auto count_launch = [&] {
    if (threadIdx.x == 0) *(volatile unsigned*)own_epoch = epoch;
  };
  const auto convolve_unit = [&](int stage, const Unit& unit, int i, int parity, float(&values)[T::OH][4]) {
    const unsigned char* tile = memory.tiles + stage * T::stage_bytes;
    convolve<T>(reinterpret_cast<const E*>(tile) + row * T::in_width + column + T::margin - 4,
                reinterpret_cast<const float*>(tile + T::tile_bytes), values);
    const float sum = sum_of_warp(rectify<T>(values, unit.x + column, unit.y + row, g.height, g.width));
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
    if (width > 0) {
      gather<T::group_threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * width, a.blocks, width, epoch,
                               thread, memory.found);
      barrier();
      compute_gates();
    }
    if (mine > 0)
      write_out(sample, unit, gate_of(0), [&](int o) { return make_float4(values[o][0], values[o][1], values[o][2], values[o][3]); });
    count_launch();
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
          general::close_copy_group();
        }
      }
      if (live && i + 1 >= mine) contribute(round);
      if (round > 0) {
        const int sample = member + (round - 1) * a.samples;
        if (i == 0 && width > 0) {  // a group without tiles too: nobody runs more than a round ahead
          gather<T::group_threads>(a.meeting.words + static_cast<int64_t>(sample) * a.blocks * width, a.blocks, width,
                                   epoch, thread, memory.found);
          barrier();
          compute_gates();
        }
        if (i < mine) {
          write_out(sample, unit, gate_of(i), [&](int o) { return memory.stash[(i * T::OH + o) * T::group_threads + thread]; });
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
  count_launch();
}

}  // namespace ablate::kernels::cuda
