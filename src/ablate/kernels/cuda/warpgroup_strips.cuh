#pragma once

// warpgroup_mixing.cuh for float16 and bfloat16 with the convolution, too, on the tensor cores
// (tensor_strip.cuh). A block has a tile of 64 columns. Each warp has a place for one strip of input: it fetches
// its channels' strips one after the other, and waits for no other warp until all are convolved. Results
// wait as what the deployed form's convolution would give, rounded to the element, and are gated on their way into
// the products. The warp-groups mix the tile's pixels part by part; the passive channels of the next part are
// asked for before this one's sums are written.

#include "ablate/kernels/cuda/tensor_strip.cuh"
#include "ablate/kernels/cuda/warpgroup_mixing.cuh"

namespace ablate::kernels::cuda {

/// Tiles: of 64 pixels, that a warp-group has at one time; Columns: output channels, likewise; Ahead: steps of 16
/// passive channels on their way from memory.
template <typename E_, int TH_, int Threads_, int Tiles_, int Columns_, int Ahead_, int MinBlocks_>
struct StripTraits {
  using Element = E_;
  using Factor = E_;
  using Result = E_;
  static constexpr int element_bytes = 2;
  static constexpr bool halves = true, apart = false, boxes = true, overlaps = true, strips = true;
  static constexpr float scale = 1;
  static constexpr int K = 7, TW = 64, TH = TH_, OH = 16, threads = Threads_, tiles = Tiles_, columns = Columns_;
  static constexpr int cluster = 1, ahead = Ahead_, min_blocks = MinBlocks_, turns = 2;
  static constexpr bool early = false;

  static constexpr int warps = threads / 32, stages = warps;  // a place a warp
  static constexpr int pixels = TW * TH, together = 2 * tiles;
  static constexpr int pixel_groups = threads / 128, column_groups = 1;
  static constexpr int parts = pixels / (64 * tiles * pixel_groups);
  static constexpr int lanes = 32, chunk = 1;
  static constexpr int in_width = slab_columns, strips_high = TH / OH;
  static constexpr int taps = padded_taps(K);
  static constexpr int box_bytes = slab_pitch * (OH + K - 1), slab_bytes = (box_bytes + 127) / 128 * 128;
  static constexpr int tile_bytes = 2 * slab_bytes;
  static constexpr int stride = pixels;  // from a channel's results to the next's
  static_assert(sizeof(Element) == 2 && TH % OH == 0 && pixels % (64 * tiles * pixel_groups) == 0 &&
                ahead <= 2 && ahead * tiles % turns == 0);

  /// A row's octets are dealt anew with each row and each channel: the eight rows that a warp writes at one time, and
  /// the four channels that it reads, are in different banks.
  __device__ __forceinline__ static int place(int channel, int pixel) {
    const int row = pixel / TW, octet = (pixel / 8 ^ row ^ channel % 4 * 2) % 8;
    return channel * stride + row * TW + octet * 8 + pixel % 8;
  }
};

/// A warp's strips of input: those of a sample in turn, then those of its block's next sample.
template <typename T>
struct StripRequests {
  __device__ __forceinline__ explicit StripRequests(const WarpgroupBlock<T>& b) : sample(blockIdx.z), strip(b.warp) {
    skip_samples(b);
  }
  __device__ __forceinline__ void next(const CUtensorMap& map, const WarpgroupBlock<T>& b) {
    const DepthwiseGate& g = b.a.mixing.gate;
    if (sample >= g.batch) return;
    if (b.lane == 0) {
      unsigned char* to = b.tiles(b.warp);
      uint64_t* full = b.tile_full(b.warp);
      const int x = b.x0() - 8, y = b.y0() + strip % T::strips_high * T::OH - T::K / 2,
                plane = sample * b.a.planes + strip / T::strips_high;
      barrier_expect(full, 2 * T::box_bytes);
      copy_box(to, &map, x, y, plane, full);
      copy_box(to + T::slab_bytes, &map, x + slab_columns, y, plane, full);
    }
    strip += T::warps;
    skip_samples(b);
  }

  int sample, strip;

 private:
  __device__ __forceinline__ void skip_samples(const WarpgroupBlock<T>& b) {
    if (strip < b.a.mixing.gate.active * T::strips_high) return;
    strip = b.warp, sample += b.a.samples;
    // A warp that has none of one sample has none of any.
    if (strip >= b.a.mixing.gate.active * T::strips_high) sample = b.a.mixing.gate.batch;
  }
};

template <typename T>
__device__ __forceinline__ StripRequests<T> begin_strips(const CUtensorMap& map, const WarpgroupBlock<T>& b) {
  if (b.thread == 0) {
    prefetch_map(&map);
    for (int i = 0; i < T::stages + 3; ++i) barrier_init(b.tile_full(i), 1);
    fence_barrier_init();
    ask_for_weights(b);
  }
  clear_padding(b, b.a.mixing.gate.active);
  __syncthreads();  // the barriers are there
  if (b.a.overlap.begin == Begin::early) general::wait_for_previous();
  if (b.a.overlap.next == Next::at_once) general::let_next_begin();
  StripRequests<T> requests(b);
  requests.next(map, b);
  return requests;
}

/// The strip that waits in the warp's place, into the block's results. Its sum.
template <typename T>
__device__ __forceinline__ float convolve_own_strip(const WarpgroupBlock<T>& b, int channel, int row,
                                                    const float* record) {
  using E = typename T::Element;
  const DepthwiseGate& g = b.a.mixing.gate;
  const unsigned char* rows = b.tiles(b.warp);
  Strip strip;
  convolve_strip<E>(rows, T::slab_bytes, LooseTaps<E>(record, b.lane), record[T::K * T::K], b.lane, strip);
  float sum = rectify_strip(strip, b.lane, b.x0(), b.y0() + row, g.height, g.width);
  if (__any_sync(~0u, sum != sum)) {  // Inf . 0, perhaps of the matrix's own zeros
    convolve_strip_plainly<E>(rows, T::slab_bytes, record, b.lane, strip);
    sum = rectify_strip(strip, b.lane, b.x0(), b.y0() + row, g.height, g.width);
  }
#pragma unroll
  for (int block = 0; block < 8; ++block)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int pixel = (row + b.lane / 4 + 8 * half) * T::TW + strip_column(b.lane, block);
      *reinterpret_cast<uint32_t*>(b.results() + T::place(channel, pixel)) =
          general::pack<E>(strip[block][2 * half], strip[block][2 * half + 1]);
    }
  return sum_of_warp(sum);
}

/// All active channels of the tile, and their part of the coefficients. `coming`: see ask_first.
template <typename T>
__device__ __forceinline__ void convolve_strips(const CUtensorMap& map, const WarpgroupArguments& a,
                                                StripRequests<T>& requests, uint32_t& phase,
                                                Activations<T> (&coming)[T::ahead], int sample, unsigned epoch) {
  const WarpgroupBlock<T> b(a);
  CoefficientParts<T> parts;
#pragma unroll 1
  for (int strip = b.warp; strip < a.mixing.gate.active * T::strips_high; strip += T::warps) {
    const int channel = strip / T::strips_high;
    const float* record = b.filters() + channel * (T::taps + b.width());
    barrier_wait(b.tile_full(b.warp), phase);
    phase ^= 1;
    const float sum = convolve_own_strip(b, channel, strip % T::strips_high * T::OH, record);
    __syncwarp();  // all lanes have read the strip
    requests.next(map, b);
    parts.add(sum, record + T::taps, b.lane, b.width());
  }
  parts.store(b.parts() + b.warp * b.width(), b.lane, b.width());
  PassiveStream<T>(WarpgroupBlock<T>(a), sample).ask_first(coming);
  __syncthreads();
  if (b.width() > 0) publish_parts(b, sample, epoch);
}

/// The tile's pixels part by part, each in as many passes as the output channels need.
template <typename T>
__device__ __forceinline__ void mix_parts(const WarpgroupArguments& a, Activations<T> (&coming)[T::ahead], int sample,
                                          unsigned epoch) {
  const int steps = padded_active(a.mixing.gate.active) / warpgroup_step;
#pragma unroll 1
  for (int part = 0, pass = 0; part < T::parts;) {
    const int own_part = part, own_pass = pass;
    if (++pass == a.passes) pass = 0, ++part;
    WarpgroupSums<T> sums;
    clear(sums);
    {
      const WarpgroupBlock<T> b(a, own_part);
      __syncwarp();
      mix_passive(sums, b, PassiveStream<T>(b, sample), coming, WeightOperands<T>(b, own_pass, steps));
    }
    if (part < T::parts) PassiveStream<T>(WarpgroupBlock<T>(a, part), sample).ask_first(coming);
    if (own_part == 0 && own_pass == 0 && a.mixing.gate.basis_width > 0)
      find_gates(WarpgroupBlock<T>(a), sample, epoch);
    __syncwarp();
    const WarpgroupBlock<T> b(a, own_part);
    mix_active(sums, b, steps, WeightOperands<T>(b, own_pass, 0));
    store_sums(sums, b, sample, own_pass);
  }
}

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    warpgroup_strips(const __grid_constant__ CUtensorMap map, const __grid_constant__ WarpgroupArguments a) {
  StripRequests<T> requests = begin_strips(map, WarpgroupBlock<T>(a));
  const unsigned epoch = begin_epoch<T>(a);
  barrier_wait(WarpgroupBlock<T>(a).constants_full(), 0);
  uint32_t phase = 0;
#pragma unroll 1
  for (int sample = blockIdx.z; sample < a.mixing.gate.batch; sample += a.samples) {
    Activations<T> coming[T::ahead];
    convolve_strips(map, a, requests, phase, coming, sample, epoch);
    barrier_wait(WarpgroupBlock<T>(a).mix_full(), 0);
    mix_parts(a, coming, sample, epoch);
    if (sample + a.samples < a.mixing.gate.batch) __syncthreads();  // results and gates are read
  }
  end_launch<T>(a);
}

}  // namespace ablate::kernels::cuda
