#pragma once

// The resident scheme (resident.cuh) where the copy engine is, with a warp more a block, which tends the others:
// it asks for their tiles, adds up what they found, meets the other blocks and makes the gates. The others
// convolve and write, each warp for itself: they wait for tiles and gates, never for one another.
//
//   convolving warps:  wait for a tile ─ convolve ─ tell its sum ─ write what waited in its slot ─ keep it there
//   the tending one:   refill what is read ─ publish the block's part ─ gather ─ gates ─┘
//
// A block's tiles are one sequence, sample by sample. Places of tiles in shared memory take turns with them, and so
// do the slots where results wait: the more slots than tiles of a sample, the later its gates may come.

#include "ablate/kernels/cuda/resident.cuh"

namespace ablate::kernels::cuda {

/// Rounds (samples of a block) between the first whose gates are not yet there and the last that is convolved:
/// fewer than these. Each has barriers, sums and gates of its own.
constexpr int tended_rounds = 16;

/// One group of threads and the warp that tends it.
template <typename E_, int K_, int TW_, int TH_, int OH_, int Stages_, bool Passes_, int MinBlocks_>
struct TendedTraits : ResidentTraits<E_, K_, TW_, TH_, OH_, 1, Stages_, true, Passes_, MinBlocks_> {
  using Base = ResidentTraits<E_, K_, TW_, TH_, OH_, 1, Stages_, true, Passes_, MinBlocks_>;
  static constexpr int threads = Base::group_threads + 32;

  __host__ __device__ static constexpr int group_bytes(int units, int slots, int width) {
    const int floats = 3 * units * width + tended_rounds * units * (Base::group_warps + 2);
    return Base::stages * Base::stage_bytes + slots * Base::stash_bytes +
           (units * 12 + floats * 4 + 127) / 128 * 128;
  }
};

template <int Stages>
struct TendedBarriers {
  uint64_t full[Stages], empty[Stages];  ///< a tile is there; it is read
  uint64_t rows;                         ///< of basis, scale and shift: there
  // Of each round, by its number among tended_rounds:
  uint64_t sums[tended_rounds];   ///< of its tiles: there
  uint64_t gates[tended_rounds];  ///< made
};

constexpr int begun = 1;  ///< the block's barrier at which the others wait for the tending warp's beginning

/// Which of so many rounds, and which phase of its barriers.
__device__ __forceinline__ int turn_of(int round) { return round % tended_rounds; }
__device__ __forceinline__ uint32_t phase_of(int round) { return round / tended_rounds & 1; }

/// The block's dynamic shared memory.
template <typename T>
struct TendedMemory {
  __device__ __forceinline__ TendedMemory(unsigned char* base, int units, int slots, int width)
      : tiles(base),
        stash(base + T::stages * T::stage_bytes),
        rows(reinterpret_cast<float*>(stash + slots * T::stash_bytes)),
        gates(reinterpret_cast<float2*>(rows + 3 * units * width)),
        tile_sums(reinterpret_cast<float*>(gates + tended_rounds * units)),
        units(reinterpret_cast<Unit*>(tile_sums + tended_rounds * units * T::group_warps)) {}

  unsigned char* tiles;  ///< [stages]: a tile, then its channel's kernel
  unsigned char* stash;  ///< [slots]: results that wait for their gates
  float* rows;           ///< [units][3][width]: of basis, scale and shift
  float2* gates;         ///< [tended_rounds][units]: scale and shift of each tile
  float* tile_sums;      ///< [tended_rounds][units][warps of a group]
  Unit* units;           ///< [units]
};

/// A tile in the block's sequence: of which round, and which of the round's.
struct TilePlace {
  int round = 0, unit = 0;

  __device__ __forceinline__ void advance(int in_round) {
    if (++unit == in_round) unit = 0, ++round;
  }
};

/// What every thread of a block knows.
template <typename T>
struct TendedBlock {
  using E = typename T::Element;
  using Barriers = TendedBarriers<T::stages>;

  __device__ __forceinline__ TendedBlock(const ResidentArguments& a_, const CUtensorMap* map_,
                                         unsigned char* dynamic, Barriers& barriers_)
      : a(a_),
        map(map_),
        barriers(barriers_),
        memory(dynamic, a_.units, a_.slots, a_.gate.basis_width),
        first(blockIdx.x * a_.units),
        mine(min(a_.units, max(0, a_.gate.active * a_.tiles - first))),
        rounds(static_cast<int>(blockIdx.y) < a_.gate.batch
                   ? (a_.gate.batch - static_cast<int>(blockIdx.y) + a_.samples - 1) / a_.samples
                   : 0),
        lane(threadIdx.x % 32) {}

  __device__ __forceinline__ int sample_of(int round) const { return blockIdx.y + round * a.samples; }
  __device__ __forceinline__ Unit unit_of(int i) const {
    const int channel = a.by_tiles.quotient(first + i), tile = first + i - channel * a.tiles;
    const int y = a.by_tiles_x.quotient(tile);
    return {channel, (tile - y * a.tiles_x) * T::TW, y * T::TH};
  }
  __device__ __forceinline__ bool tends() const { return threadIdx.x >= T::group_threads; }
  __device__ __forceinline__ bool gated() const { return a.gate.basis_width > 0; }
  __device__ __forceinline__ float2* gates_of(int round) const {
    return memory.gates + turn_of(round) * a.units;
  }
  __device__ __forceinline__ float* sums_of(int round, int unit) const {
    return memory.tile_sums + (turn_of(round) * a.units + unit) * T::group_warps;
  }

  const ResidentArguments& a;
  const CUtensorMap* map;
  Barriers& barriers;
  TendedMemory<T> memory;
  int first, mine;  ///< of the block's tiles, the same of every sample; how many
  int rounds, lane;
};

/// The warp that tends the others.
template <typename T>
struct TendingWarp : TendedBlock<T> {
  using Block = TendedBlock<T>;
  using Block::a, Block::barriers, Block::lane, Block::map, Block::memory, Block::mine, Block::rounds;

  __device__ __forceinline__ explicit TendingWarp(const Block& block) : Block(block) {}

  /// Barriers, the first tiles, what lasts for the launch.
  __device__ __forceinline__ void begin() {
    const int width = a.gate.basis_width, row_bytes = width * (a.gate.shift ? 3 : 2) * 4;
    if (lane == 0) {
      prefetch_map(map);
      for (int at = 0; at < T::stages; ++at)
        barrier_init(&barriers.full[at], 1), barrier_init(&barriers.empty[at], T::group_threads);
      barrier_init(&barriers.rows, 1);
      for (int turn = 0; turn < tended_rounds; ++turn)
        barrier_init(&barriers.sums[turn], mine * T::group_warps), barrier_init(&barriers.gates[turn], 1);
      fence_barrier_init();
      barrier_expect(&barriers.rows, mine * row_bytes);
      for (int i = 0; i < mine && width > 0; ++i)
        copy_row(memory.rows + i * 3 * width,
                 a.gate.rows + static_cast<int64_t>(this->unit_of(i).channel) * a.gate.row_floats + T::taps,
                 row_bytes, &barriers.rows);
    }
    general::wait_for_previous();
    general::let_next_begin();
    for (int at = 0; at < T::stages && more(); ++at) fetch(at);
    epoch = *static_cast<volatile unsigned*>(own_epoch()) + 1;
    if (lane < mine) memory.units[lane] = this->unit_of(lane);
  }

  __device__ __forceinline__ void tend() {
    left = mine;
    for (int round = 0; round < rounds && this->gated(); ++round) {
      while (left > 0 && more()) barrier_wait(&barriers.empty[read], refilled), refill();
      if (mine > 0) barrier_wait(&barriers.sums[turn_of(round)], phase_of(round));
      tell(round);
      left += mine;
      gather_coefficients(round);
    }
    while (more()) barrier_wait(&barriers.empty[read], refilled), refill();
    if (lane == 0) *static_cast<volatile unsigned*>(own_epoch()) = epoch;
  }

 private:
  __device__ __forceinline__ unsigned* own_epoch() const {
    return a.meeting.epochs + blockIdx.y * gridDim.x + blockIdx.x;
  }

  __device__ __forceinline__ bool more() const { return next.round < rounds && mine > 0; }
  /// The next tile of the sequence, and its channel's kernel.
  __device__ __forceinline__ void fetch(int at) {
    if (lane == 0) {
      const Unit unit = this->unit_of(next.unit);
      barrier_expect(&barriers.full[at], T::fetched_bytes);
      T::copy_tile(memory.tiles + at * T::stage_bytes, map, unit.x, unit.y,
                   this->sample_of(next.round) * a.planes + unit.channel,
                   a.gate.rows + static_cast<int64_t>(unit.channel) * a.gate.row_floats, &barriers.full[at]);
    }
    next.advance(mine);
  }
  __device__ __forceinline__ void refill() {
    fetch(read);
    if (++read == T::stages) read = 0, refilled ^= 1;
    --left;
  }

  /// The block's part of a round's coefficients.
  __device__ __forceinline__ void tell(int round) const {
    const int width = a.gate.basis_width;
    float part = 0;
#pragma unroll 1
    for (int i = 0; i < mine; ++i) {
      float sum = 0;
#pragma unroll
      for (int w = 0; w < T::group_warps; ++w) sum += this->sums_of(round, i)[w];
      if (lane < width) part += sum * memory.rows[i * 3 * width + lane];
    }
    publish_part(a.meeting, this->sample_of(round), a.blocks, blockIdx.x, width, lane, part * a.inverse_area,
                 epoch);
  }

  /// Waits for all blocks' parts of a round, with an eye on the tiles that are read meanwhile.
  __device__ __forceinline__ void gather_coefficients(int round) {
    constexpr int batch = 8;  // loads under way at one time
    const int width = a.gate.basis_width, pairs = a.blocks * width / 2;
    const unsigned long long* words = parts_of(a.meeting, this->sample_of(round), copy_read(), a.blocks, width);
    dawdle();
    float first = 0, second = 0;
    for (int at = lane; at - lane < pairs; at += 32 * batch) {
      unsigned long long found[batch][2];
      bool missing[batch];
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        missing[i] = at + 32 * i < pairs;
        if (missing[i]) peek(words + 2 * (at + 32 * i), found[i]);
      }
      while (true) {
        if (more() && __all_sync(~0u, barrier_passed(&barriers.empty[read], refilled))) refill();
        bool complete = true;
#pragma unroll
        for (int i = 0; i < batch; ++i) {
          missing[i] = missing[i] && !(arrived(found[i][0], epoch) && arrived(found[i][1], epoch));
          complete &= !missing[i];
        }
        if (__all_sync(~0u, complete)) break;
#pragma unroll
        for (int i = 0; i < batch; ++i)
          if (missing[i]) peek(words + 2 * (at + 32 * i), found[i]);
      }
#pragma unroll
      for (int i = 0; i < batch; ++i)
        if (at + 32 * i < pairs) first += value_of(found[i][0]), second += value_of(found[i][1]);
    }
    make_gates(round, first, second);
  }

  /// Gates of a round's tiles from each lane's sums of the coefficients 2 * (lane % (width / 2)) and the next.
  __device__ __forceinline__ void make_gates(int round, float first, float second) const {
    const DepthwiseGate& g = a.gate;
    const int width = g.basis_width, half = width / 2, k = 2 * (lane & (half - 1));
    first = sum_over(first, half, 32), second = sum_over(second, half, 32);
#pragma unroll 1
    for (int i = 0; i < mine; ++i) {
      const float* rows = memory.rows + i * 3 * width + k;
      const float scale = sum_over(fmaf(second, rows[width + 1], first * rows[width]), 1, half);
      float shift = 0;
      if (g.shift) shift = sum_over(fmaf(second, rows[2 * width + 1], first * rows[2 * width]), 1, half);
      if (lane == 0) this->gates_of(round)[i] = make_float2(sigmoid(scale), shift);
    }
    __syncwarp();
    if (lane == 0) barrier_arrive(&barriers.gates[turn_of(round)]);
  }

  unsigned epoch = 0;
  TilePlace next;         // to be fetched
  int read = 0;           // the place that is read next,
  uint32_t refilled = 0;  // and its barrier's parity
  int left = 0;           // tiles of the round that were not yet seen to be read
};

/// A warp of those that convolve.
template <typename T>
struct TendedWarp : TendedBlock<T> {
  using Block = TendedBlock<T>;
  using typename Block::E;
  using Passing = Carried<E>[T::OH];  ///< a thread's part of what passes by
  using Block::a, Block::barriers, Block::lane, Block::memory, Block::mine, Block::rounds;

  __device__ __forceinline__ explicit TendedWarp(const Block& block)
      : Block(block),
        thread(threadIdx.x),
        column(T::column_of(thread)),
        row(T::row_of(thread)) {}

  /// All tiles of all samples. What is in a slot is written where it is wanted again, or at the end.
  __device__ __forceinline__ void work() {
    const int tiles = rounds * mine, slots = min(a.slots, most_slots * mine);
    const bool pairs = T::passes && a.paired;
    TilePlace in, out;  // what is convolved, and what is written
    int stage = 0, slot = 0;
    uint32_t phase = 0;
    Passing carried;
    if (pairs && tiles > 0) pick_up_at(in, carried);
    for (int tile = 0; tiles > 0 && tile < tiles + slots; ++tile) {
      const bool live = tile < tiles;
      if (tile >= slots) {
        if (this->gated()) barrier_wait(&barriers.gates[turn_of(out.round)], phase_of(out.round));
        write_out(out, slot);
        out.advance(mine);
      }
      if (live) {
        barrier_wait(&barriers.full[stage], phase);
        convolve_tile(in, stage, slot);
        if (pairs) put_down_at(in, carried);
      }
      in.advance(mine);
      if (pairs && tile + 1 < tiles) pick_up_at(in, carried);
      if (++stage == T::stages) stage = 0, phase ^= 1;
      if (++slot == slots) slot = 0;
    }
  }

 private:
  /// Strip by strip, straight into the slot: a loop that the nearest instruction cache holds.
  __device__ __forceinline__ void convolve_tile(const TilePlace& at, int stage, int slot) const {
    constexpr int strip = 2;  // rows
    const Unit unit = memory.units[at.unit];
    const unsigned char* tile = memory.tiles + stage * T::stage_bytes;
    const E* rows = reinterpret_cast<const E*>(tile) + row * T::in_width + column + T::margin - 4;
    const Taps<T::K> taps(reinterpret_cast<const float*>(tile + T::tile_bytes));
    float4* kept = stash_of(slot);
    const int x = unit.x + column;
    int y = unit.y + row;
    float sum = 0;
#pragma unroll 1
    for (int o = 0; o < T::OH; o += strip) {
      float values[strip][4];
      convolve<T::K, strip>(rows, T::in_width, taps, values);
      sum += rectify(values, x, y, a.gate.height, a.gate.width);
#pragma unroll
      for (int i = 0; i < strip; ++i)
        kept[i * T::group_threads] = make_float4(values[i][0], values[i][1], values[i][2], values[i][3]);
      rows += strip * T::in_width, kept += strip * T::group_threads, y += strip;
    }
    // Each lane for itself: of a barrier of the warp, which the compiler knows to be together, it leaves
    // nothing that a race detector could see.
    barrier_arrive(&barriers.empty[stage]);
    sum = sum_of_warp(sum);
    if (lane == 0) {
      this->sums_of(at.round, at.unit)[thread / 32] = sum;
      barrier_arrive(&barriers.sums[turn_of(at.round)]);
    }
  }

  /// [rows][threads]
  __device__ __forceinline__ float4* stash_of(int slot) const {
    return reinterpret_cast<float4*>(memory.stash + slot * T::stash_bytes) + thread;
  }

  __device__ __forceinline__ void write_out(const TilePlace& at, int slot) const {
    const float2 gate = this->gated() ? this->gates_of(at.round)[at.unit] : make_float2(1.f, 0.f);
    write_kept<T>(a, this->sample_of(at.round), memory.units[at.unit], column, row, stash_of(slot), gate);
  }

  __device__ __forceinline__ void pick_up_at(const TilePlace& at, Passing& carried) const {
    const Unit unit = memory.units[at.unit];
    pick_up(a.gate, this->sample_of(at.round), unit.channel, unit.x + column, unit.y + row, carried);
  }
  __device__ __forceinline__ void put_down_at(const TilePlace& at, const Passing& carried) const {
    const Unit unit = memory.units[at.unit];
    put_down<false>(a.gate, this->sample_of(at.round), unit.channel, unit.x + column, unit.y + row, carried);
  }

  int thread;
  int column, row;  // the thread's first, in a tile
};

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    resident_tended(const __grid_constant__ CUtensorMap map, const __grid_constant__ ResidentArguments a) {
  ABLATE_DYNAMIC_SHARED(dynamic);
  ABLATE_STATIC_SHARED(TendedBarriers<T::stages>, barriers);
  const TendedBlock<T> block(a, &map, dynamic, barriers);
  if (block.tends()) {
    TendingWarp<T> warp(block);
    warp.begin();
    group_arrive<T::threads>(begun);
    barrier_wait(&barriers.rows, 0);
    warp.tend();
  } else {
    general::wait_for_previous();
    group_barrier<T::threads>(begun);
    TendedWarp<T>(block).work();
  }
}

}  // namespace ablate::kernels::cuda
