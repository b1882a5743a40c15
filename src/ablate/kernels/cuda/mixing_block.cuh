#pragma once

// What a block of mixing.cuh asks memory for: tiles of active channels, `stages` deep; passive channels; the
// mixing weights; the rows of the gate. The copy engine brings all but the passive channels where there is
// one.

#include "ablate/kernels/cuda/mixing_traits.cuh"

namespace ablate::kernels::cuda {

/// A block at work: where its memory lies and what one of its threads knows.
template <typename T>
struct MixingBlock {
  using E = typename T::Element;

  __device__ __forceinline__ MixingBlock(const MixingArguments& a_, const CUtensorMap* map_,
                                         unsigned char* dynamic_)
      : a(a_), p(a.mixing), g(p.gate), map(map_), dynamic(dynamic_) {
    width = g.basis_width, padded = T::padded(g.active);
    chunks = (g.active + T::chunk - 1) / T::chunk;
    steps_active = padded / 8, steps_passive = (g.passive + 7) / 8, all_tiles = row_tiles(p.channels);

    at = T::memory({g.active, g.passive, p.channels, width}, a.overlay);
    results = reinterpret_cast<float*>(dynamic + at.results);
    passed = reinterpret_cast<E*>(dynamic + at.passed);
    full = reinterpret_cast<uint64_t*>(dynamic + at.floats);
    constants_full = full + T::stages;
    weights_full = constants_full + 1;
    basis = reinterpret_cast<float*>(full + (T::stages + 3 + 1) / 2 * 2);
    scale = basis + g.active * width;
    shift = scale + g.active * width;
    biases = shift + g.active * width;
    parts = biases + all_tiles * 16;
    found = parts + T::warps * width;
    gates = found + T::warps * width;

    thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const int block = blockIdx.x, tile_y = block / a.tiles_x;
    x0 = (block - tile_y * a.tiles_x) * T::TW, y0 = tile_y * T::TH;
    const int member = blockIdx.y;
    rounds = member < g.batch ? (g.batch - member + a.samples - 1) / a.samples : 0;
  }

  /// The thread that asks the copy engine at first; not of the first warp, which has the coefficients to see
  /// to. Later it is `asks_later`'s turn: the warp of the first requests is then gone.
  __device__ __forceinline__ bool leads() const {
    return T::producer && thread >= T::threads ? thread == T::threads
                                               : !T::producer && thread == T::threads - 32;
  }
  __device__ __forceinline__ bool asks_later() const { return thread == T::threads - 32; }
  __device__ __forceinline__ void barrier() const { group_barrier<T::threads>(1); }
  __device__ __forceinline__ int sample_of(int round) const { return blockIdx.y + round * a.samples; }

  __device__ __forceinline__ void prepare_barriers() const {
    if (T::boxes && leads()) {
      prefetch_map(map);
      for (int i = 0; i < T::stages + 3; ++i) barrier_init(&full[i], 1);
      fence_barrier_init();
    }
    __syncthreads();
  }

  __device__ __forceinline__ void fetch(int stage, int sample, int chunk, bool asks) const {
    unsigned char* to = dynamic + stage * T::stage_bytes;
    const float* weights = g.weights + chunk * T::chunk * T::taps;
    if constexpr (T::boxes) {
      if (!asks) return;
      barrier_expect(&full[stage], T::chunk * (T::channel_elements * sizeof(E) + T::taps * 4));
      copy_box(to, map, x0 - T::margin, y0 - T::K / 2, sample * a.planes + chunk * T::chunk, &full[stage]);
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
  }

  /// The next chunk in the order of rounds; where there is none, cp.async is told so, which counts.
  __device__ __forceinline__ void fetch_next(int stage, bool asks) {
    if (next_round < rounds) {
      fetch(stage, sample_of(next_round), next_chunk, asks);
      if (++next_chunk == chunks) next_chunk = 0, ++next_round;
    } else if (!T::boxes) {
      general::close_copy_group();
    }
  }

  /// By all threads: the copy engine would put all channels into the same banks.
  __device__ __forceinline__ void fetch_passed(int sample) const {
    const E* planes = static_cast<const E*>(g.passed.data) + sample * g.passed.sample_stride;
    fetch_planes<T::threads, T::TW, T::TH, T::stride>(passed, planes, g.passed.channel_stride, g.passive, x0,
                                                      y0, g.height, g.width, a.wide, thread);
    general::close_copy_group();
  }

  /// Into shared memory, 16 bytes a thread or by the copy engine.
  __device__ __forceinline__ void fetch_weights(int at_byte, int first_step, int steps,
                                                uint64_t* weights_barrier, bool asks) const {
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
  }

  /// The rows of the gate and the mixing's bias.
  __device__ __forceinline__ void fetch_constants() const {
    const int row_bytes = g.active * width * 4;
    const struct {
      float* to;
      const float* from;
      int bytes;
    } constants[] = {{basis, g.basis, row_bytes},
                     {scale, g.scale, row_bytes},
                     {shift, g.shift, g.shift ? row_bytes : 0},
                     {biases, p.mix_bias, all_tiles * 64}};
    if (T::boxes && leads()) barrier_expect(constants_full, row_bytes * (g.shift ? 3 : 2) + all_tiles * 64);
#pragma unroll
    for (const auto& c : constants) {
      if (c.bytes == 0) continue;
      if constexpr (T::boxes) {
        if (leads()) copy_row(c.to, c.from, c.bytes, constants_full);
      } else {
        for (int i = thread; i < c.bytes / 16; i += T::threads)
          copy_async<16>(c.to + 4 * i, c.from + 4 * i, true);
      }
    }
    if (!T::boxes) general::close_copy_group();
  }

  /// All that shared memory has room for.
  __device__ __forceinline__ void fetch_first() {
#pragma unroll
    for (int stage = 0; stage < T::stages; ++stage) fetch_next(stage, leads());
    fetch_constants();
    if (T::keeps_weights && rounds > 0) {
      fetch_weights(at.weights_passive, steps_active, steps_passive, &weights_full[0], leads());
      if (!a.overlay) fetch_weights(at.weights_active, 0, steps_active, &weights_full[1], leads());
    }
  }

  /// Rows that no channel fills, and gates that leave values as they are.
  __device__ __forceinline__ void clear_padding() const {
    for (int i = g.active * T::stride + thread; i < padded * T::stride; i += T::threads) results[i] = 0;
    for (int i = g.passive * T::stride + thread; i < steps_passive * 8 * T::stride; i += T::threads)
      passed[i] = E(0.f);
    for (int i = thread; i < padded; i += T::threads) gates[2 * i] = 1, gates[2 * i + 1] = 0;
  }

  const MixingArguments& a;
  const Mixing& p;
  const DepthwiseGate& g;
  const CUtensorMap* map;
  unsigned char* dynamic;
  int width, padded;  ///< of the basis; of the active channels, to whole steps
  int chunks, steps_active, steps_passive, all_tiles;
  MixingMemory at;
  float* results;            ///< [padded][stride]
  E* passed;                 ///< [padded passive][stride]
  uint64_t* full;            ///< [stages]
  uint64_t* constants_full;  ///< of what fetch_constants brings
  uint64_t* weights_full;    ///< of passive, of active channels
  float *basis, *scale, *shift, *biases;
  float* parts;  ///< [warps][width]
  float* found;  ///< [warps][width]
  float* gates;  ///< [padded][2]
  int thread, lane, warp, x0, y0, rounds;
  int next_round = 0, next_chunk = 0;  ///< to be fetched
  int stage = 0;                       ///< to be convolved
  uint32_t phase = 0;
};

}  // namespace ablate::kernels::cuda
