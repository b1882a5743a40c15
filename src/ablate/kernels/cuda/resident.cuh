#pragma once

// Depthwise convolution + bias + ReLU + global average pool + basis projection + gate in one launch, for
// batches of which some samples fit on the chip at one time: x is read once, the output written once, and
// what lies between never leaves the chip. (Where all samples fit: once.cuh.)
//
// A block holds `groups` groups of threads that work by themselves; a group convolves one tile of a channel
// at a time. The blocks of a sample hold all its tiles at once, so that the average of every channel is known
// before the first value is written. A group keeps its tiles of the sample before in shared memory and writes
// them out one by one, each just before its place is taken: the rendezvous of one sample passes behind the
// convolution of the next.

#include "ablate/kernels/cuda/passed.cuh"
#include "ablate/kernels/cuda/rendezvous.cuh"
#include "ablate/kernels/cuda/resident_traits.cuh"

namespace ablate::kernels::cuda {

/// What was kept of a thread's rows, `kept` [rows][threads of a group], scaled and shifted to where they lie in the
/// output; the first is pixel (column, row) of the tile.
template <typename T>
__device__ __forceinline__ void write_kept(const ResidentArguments& a, int sample, const Unit& unit, int column,
                                           int row, const float4* kept, float2 gate) {
  using E = typename T::Element;
  const DepthwiseGate& g = a.gate;
  const int x = unit.x + column, y = unit.y + row;
  E* out = static_cast<E*>(g.active_out.data) + sample * g.active_out.sample_stride +
           unit.channel * g.active_out.channel_stride + static_cast<int64_t>(y) * g.width + x;
  const auto scaled = [&](int o) {
    float4 v = kept[o * T::group_threads];
    v.x = fmaf(v.x, gate.x, gate.y), v.y = fmaf(v.y, gate.x, gate.y);
    v.z = fmaf(v.z, gate.x, gate.y), v.w = fmaf(v.w, gate.x, gate.y);
    return v;
  };
  if (a.wide && x < g.width && y + T::OH <= g.height) {
#pragma unroll
    for (int o = 0; o < T::OH; ++o) store4<false>(out + o * g.width, scaled(o));
  } else {
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
      if (y + o < g.height) store_some(out + o * g.width, scaled(o), g.width - x);
  }
}

/// A group at work: what one of its threads knows.
template <typename T>
struct ResidentGroup {
  using Traits = T;
  using E = typename T::Element;
  using Values = float[T::OH][4];     ///< a thread's part of a tile's results
  using Passing = Carried<E>[T::OH];  ///< and of what passes by
  static constexpr bool picks_up_ahead = true;

  __device__ __forceinline__ ResidentGroup(const ResidentArguments& a_, const CUtensorMap* map_,
                                           unsigned char* dynamic, unsigned* arrivals_)
      : a(a_),
        map(map_),
        group(threadIdx.x / T::group_threads),
        thread(threadIdx.x % T::group_threads),
        memory(dynamic + group * T::group_bytes(a_.units, a_.slots, a_.gate.basis_width), a_.units, a_.slots,
               a_.gate.basis_width),
        arrivals(arrivals_),
        first((blockIdx.x * T::groups + group) * a_.units),
        mine(min(a_.units, max(0, a_.gate.active * a_.tiles - first))) {
    const int batch = a.gate.batch, member = blockIdx.y;
    rounds = member < batch ? (batch - member + a.samples - 1) / a.samples : 0;
    lane = thread % 32, warp = thread / 32;
    column = T::column_of(thread), row = T::row_of(thread);
  }

  __device__ __forceinline__ int sample_of(int round) const { return blockIdx.y + round * a.samples; }
  __device__ __forceinline__ Unit unit_of(int i) const {
    const int channel = a.by_tiles.quotient(first + i), tile = first + i - channel * a.tiles;
    const int y = a.by_tiles_x.quotient(tile);
    return {channel, (tile - y * a.tiles_x) * T::TW, y * T::TH};
  }
  __device__ __forceinline__ void barrier() const { group_barrier<T::group_threads>(1 + group); }
  __device__ __forceinline__ bool pairs() const { return T::passes && a.paired; }

  // --- tiles, fetched ahead of their use, `stages` deep ---

  __device__ __forceinline__ int row_floats() const { return a.gate.basis_width * (a.gate.shift ? 3 : 2); }

  /// A channel's rows of basis, scale and shift, which come with the first tile of a launch; `i` counts
  /// tiles.
  __device__ __forceinline__ void fetch_row(int i, int channel) const {
    if (T::kernel_bytes > 0)
      T::copy_kernel(a.gate, channel, memory.stash + i * T::stash_bytes, &memory.full[0]);
    if (a.gate.basis_width == 0) return;
    const float* from = a.gate.rows + static_cast<int64_t>(channel) * a.gate.row_floats + T::taps;
    float* to = memory.rows + i * 3 * a.gate.basis_width;
    if constexpr (T::boxes)
      copy_row(to, from, row_floats() * 4, &memory.full[0]);
    else if (thread < row_floats() / 4)
      copy_async<16>(to + 4 * thread, from + 4 * thread, true);
  }

  /// `more`: bytes that others bring on the stage's barrier.
  __device__ __forceinline__ void fetch(int at, int sample, const Unit& unit, uint32_t more = 0) const {
    const DepthwiseGate& g = a.gate;
    unsigned char* to = memory.tiles + at * T::stage_bytes;
    const float* taps = g.rows + static_cast<int64_t>(unit.channel) * g.row_floats;
    if constexpr (T::boxes) {
      if (thread != 0) return;
      barrier_expect(&memory.full[at], T::fetched_bytes + more);
      T::copy_tile(to, map, unit.x, unit.y, sample * a.planes + unit.channel, taps, &memory.full[at]);
    } else {
      const E* plane = static_cast<const E*>(g.source.data) + sample * g.source.sample_stride +
                       unit.channel * g.source.channel_stride;
      fetch_planes<T::group_threads, T::in_width, T::in_height>(reinterpret_cast<E*>(to), plane, 0, 1,
                                                                unit.x - T::margin, unit.y - T::K / 2,
                                                                g.height, g.width, a.wide, thread);
      for (int i = thread; i < T::taps / 4; i += T::group_threads)
        copy_async<16>(to + T::tile_bytes + 16 * i, taps + 4 * i, true);
      general::close_copy_group();
    }
  }

  /// The next tile in the order of rounds; where there is none, cp.async is told so, which counts.
  __device__ __forceinline__ void fetch_next(int at) {
    if (next_round < rounds) {
      fetch(at, sample_of(next_round), memory.units[next_unit]);
      if (++next_unit == mine) next_unit = 0, ++next_round;
    } else if (!T::boxes) {
      general::close_copy_group();
    }
  }

  /// The first tiles are asked for before anything else.
  __device__ __forceinline__ void begin() {
    if (T::boxes && thread == 0) {
      prefetch_map(map);
      for (int at = 0; at < T::stages; ++at) barrier_init(&memory.full[at], 1);
      fence_barrier_init();
    }
    general::wait_for_previous();
    general::let_next_begin();
#pragma unroll
    for (int at = 0; at < T::stages; ++at) {
      const bool there = next_round < rounds && mine > 0, rows_too = there && at == 0;
      if (rows_too && !T::boxes)
        for (int i = 0; i < mine; ++i) fetch_row(i, unit_of(i).channel);
      if (there)
        fetch(at, sample_of(next_round), unit_of(next_unit),
              rows_too ? mine * (row_floats() * 4 + T::kernel_bytes) : 0);
      else if (!T::boxes)
        general::close_copy_group();
      if (rows_too && T::boxes && thread == 0)
        for (int i = 0; i < mine; ++i) fetch_row(i, unit_of(i).channel);
      if (there && ++next_unit == mine) next_unit = 0, ++next_round;
    }
    epoch = *static_cast<volatile unsigned*>(own_epoch()) + 1;
    if (thread < mine) memory.units[thread] = unit_of(thread);
    if (threadIdx.x < 2) arrivals[threadIdx.x] = 0;
    __syncthreads();
  }
  __device__ __forceinline__ unsigned* own_epoch() const {
    return a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  }

  /// The calling thread's part is there; a barrier makes it the group's.
  __device__ __forceinline__ void wait_for_tile() const {
    if constexpr (T::boxes) {
      barrier_wait(&memory.full[stage], phase);
    } else {
      general::wait_for_copies<T::stages - 1>();
      barrier();
    }
  }

  // --- one tile ---

  __device__ __forceinline__ void convolve_unit(const Unit& unit, int i, int parity, Values& values) const {
    const unsigned char* tile = memory.tiles + stage * T::stage_bytes;
    convolve<T::K, T::OH>(reinterpret_cast<const E*>(tile) + row * T::in_width + column + T::margin - 4,
                          T::in_width, reinterpret_cast<const float*>(tile + T::tile_bytes), values);
    add_to_tile(i, parity, rectify(values, unit.x + column, unit.y + row, a.gate.height, a.gate.width));
  }

  /// The warp's part of the sum of tile `i`.
  __device__ __forceinline__ void add_to_tile(int i, int parity, float sum) const {
    sum = sum_of_warp(sum);
    if (lane == 0) memory.tile_sums[(parity * a.units + i) * T::group_warps + warp] = sum;
  }

  /// [rows][threads]
  __device__ __forceinline__ float4* stash_of(int i) const {
    return reinterpret_cast<float4*>(memory.stash + i * T::stash_bytes) + thread;
  }
  __device__ __forceinline__ void stash(int i, const Values& values) const {
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
      stash_of(i)[o * T::group_threads] = make_float4(values[o][0], values[o][1], values[o][2], values[o][3]);
  }

  __device__ __forceinline__ void write_out(int sample, const Unit& unit, int i) const {
    write_kept<T>(a, sample, unit, column, row, stash_of(i), gate_of(i));
  }

  /// What passes by a tile.
  __device__ __forceinline__ void pick_up_at(int sample, const Unit& unit, Passing& carried) const {
    pick_up(a.gate, sample, unit.channel, unit.x + column, unit.y + row, carried);
  }
  __device__ __forceinline__ void put_down_at(int sample, const Unit& unit, const Passing& carried) const {
    put_down<false>(a.gate, sample, unit.channel, unit.x + column, unit.y + row, carried);
  }

  // --- the gate ---

  /// The block's part of a sample's coefficients: the group that comes last adds up and tells.
  __device__ __forceinline__ void contribute(int round) const {
    const int width = a.gate.basis_width, parity = round & 1;
    if (width == 0 || warp != 0) return;
    float part = 0;
#pragma unroll 1
    for (int i = 0; i < mine; ++i) {
      float sum = 0;
#pragma unroll
      for (int w = 0; w < T::group_warps; ++w)
        sum += memory.tile_sums[(parity * a.units + i) * T::group_warps + w];
      if (lane < width) part += sum * memory.rows[i * 3 * width + lane];
    }
    if constexpr (T::groups > 1) {
      if (!last_of_groups(parity, part)) return;
    }
    publish_part(a.meeting, sample_of(round), a.blocks, blockIdx.x, width, lane, part * a.inverse_area,
                 epoch);
  }

  /// Leaves this group's part for the last of the groups, which gets the sum of all. Written and read by
  /// atomics, so that a race detector sees no plain access that only fences order.
  __device__ __forceinline__ bool last_of_groups(int parity, float& part) const {
    const int width = a.gate.basis_width;
    if (lane < width) atomicExch(&memory.parts[parity * width + lane], __float_as_uint(part));
    __threadfence_block();
    __syncwarp();
    // Two counters: a group may be a round ahead of another, but never two.
    unsigned before = 0;
    if (lane == 0) before = atomicAdd(&arrivals[parity], 1);
    before = __shfl_sync(~0u, before, 0);
    if (before % T::groups != T::groups - 1) return false;
    __threadfence_block();
    part = 0;
    const int stride = T::group_bytes(a.units, a.slots, width) / 4;
    unsigned* parts = memory.parts - group * stride + parity * width + lane;
    if (lane < width)
#pragma unroll
      for (int other = 0; other < T::groups; ++other)
        part += __uint_as_float(atomicAdd(parts + other * stride, 0U));
    return true;
  }

  /// Waits for the sample's coefficients; then the gates of the group's tiles.
  __device__ __forceinline__ void meet(int sample) const {
    const int width = a.gate.basis_width;
    if (width == 0) return;
    gather<T::group_threads>(a.meeting, sample, a.blocks, width, epoch, thread, memory.found);
    barrier();
    compute_gates();
  }

  /// Scale and shift of tile `i`.
  __device__ __forceinline__ float2 gate_of(int i) const {
    return a.gate.basis_width > 0 ? *reinterpret_cast<const float2*>(memory.gates + (warp * a.units + i) * 2)
                                  : make_float2(1.f, 0.f);
  }

  /// Each warp for itself, 32 / width tiles at a time.
  __device__ __forceinline__ void compute_gates() const {
    const DepthwiseGate& g = a.gate;
    const int width = g.basis_width, k = lane & (width - 1);
    float coefficient = 0;
#pragma unroll
    for (int w = 0; w < T::group_warps; ++w) coefficient += memory.found[w * width + k];
#pragma unroll 1
    for (int index = lane; index < (mine * width + 31) / 32 * 32; index += 32) {
      const bool has = index < mine * width;
      const int i = index >> a.width_log2;
      const float* rows = memory.rows + i * 3 * width + k;
      const float scale = sum_over(has ? coefficient * rows[width] : 0.f, 1, width);
      const float shift = g.shift ? sum_over(has ? coefficient * rows[2 * width] : 0.f, 1, width) : 0.f;
      if (has && k == 0) {
        float* gate = memory.gates + (warp * a.units + i) * 2;
        gate[0] = sigmoid(scale), gate[1] = shift;
      }
    }
    __syncwarp();
  }

  const ResidentArguments& a;
  const CUtensorMap* map;
  int group, thread;
  GroupMemory<T> memory;
  unsigned* arrivals;
  int first, mine;  ///< of the group's tiles, the same of every sample; how many
  int rounds, lane, warp, column, row;
  unsigned epoch = 0;
  int next_round = 0, next_unit = 0;  ///< to be fetched
  int stage = 0;                      ///< to be convolved
  uint32_t phase = 0;
};

/// What every group does: all its tiles of all its samples, and last those of the sample before.
template <typename Group>
__device__ __forceinline__ void work_through(Group& group) {
  group.begin();
  const ResidentArguments& a = group.a;
  const int mine = group.mine, rounds = group.rounds;
  if (Group::Traits::passes && a.gate.passive > 0 && !a.paired)
    copy_passive<typename Group::E>(a.gate, blockIdx.y * gridDim.x + blockIdx.x, gridDim.x * gridDim.y);

  // What passes by a tile is picked up before its convolution and put down behind it: memory takes as long.
  // Where the convolution needs the registers, it is picked up behind it and put down last.
  constexpr bool ahead = Group::picks_up_ahead;
  typename Group::Passing carried_ahead;
  if (ahead && group.pairs() && mine > 0 && rounds > 0)
    group.pick_up_at(group.sample_of(0), group.memory.units[0], carried_ahead);
  for (int round = 0; round <= rounds; ++round) {
    for (int i = 0; i < max(mine, 1); ++i) {
      const bool live = round < rounds, work = live && i < mine, last = i + 1 >= mine,
                 pass = work && group.pairs();
      const Unit unit = i < mine ? group.memory.units[i] : Unit{0, 0, 0};
      const int free_stage = group.stage;
      typename Group::Values values;
      typename Group::Passing carried;
      if (work) {
        group.wait_for_tile();
        group.convolve_unit(unit, i, round & 1, values);
        if (++group.stage == Group::Traits::stages) group.stage = 0, group.phase ^= 1;
      }
      if (!ahead && pass) group.pick_up_at(group.sample_of(round), unit, carried);
      group.barrier();  // the tile is read, its sums are written
      if (work) group.fetch_next(free_stage);
      if (ahead && pass) group.put_down_at(group.sample_of(round), unit, carried_ahead);
      if (live && last) group.contribute(round);
      if (round > 0) {
        if (i == 0)
          group.meet(group.sample_of(round - 1));  // without tiles too: nobody runs more than a round ahead
        if (i < mine) group.write_out(group.sample_of(round - 1), unit, i);
      }
      if (work) group.stash(i, values);
      if (!ahead && pass) group.put_down_at(group.sample_of(round), unit, carried);
      if (ahead && pass && (!last || round + 1 < rounds))
        group.pick_up_at(group.sample_of(last ? round + 1 : round), group.memory.units[last ? 0 : i + 1],
                         carried_ahead);
    }
  }
  if (threadIdx.x == 0) *static_cast<volatile unsigned*>(group.own_epoch()) = group.epoch;
}

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    resident(const __grid_constant__ CUtensorMap map, const __grid_constant__ ResidentArguments a) {
  ABLATE_DYNAMIC_SHARED(dynamic);
  using Arrivals = unsigned[2];
  ABLATE_STATIC_SHARED(Arrivals, arrivals);
  ResidentGroup<T> group(a, &map, dynamic, arrivals);
  work_through(group);
}

}  // namespace ablate::kernels::cuda
