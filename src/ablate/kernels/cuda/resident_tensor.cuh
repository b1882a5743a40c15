#pragma once

// The resident scheme (resident.cuh) for float16 and bfloat16 on the tensor cores: a warp has strips of 16
// rows of its group's tiles. Results wait in shared memory as what the deployed form's convolution would
// give, rounded to the element's type, row by row, so that they leave 16 bytes a thread.

#include "ablate/kernels/cuda/resident.cuh"
#include "ablate/kernels/cuda/tensor_strip.cuh"

namespace ablate::kernels::cuda {

/// Tiles of 64 x TH, each in two boxes of the copy engine (sm_90).
template <typename E_, int TH_, int Groups_, int Stages_, bool Passes_, int MinBlocks_>
struct TensorTraits {
  using Element = E_;
  static constexpr int K = 7, TW = 64, TH = TH_, groups = Groups_, stages = Stages_, min_blocks = MinBlocks_;
  static constexpr bool boxes = true, passes = Passes_;

  static constexpr int group_warps = TH / 16, group_threads = 32 * group_warps;
  static constexpr int threads = groups * group_threads;
  static constexpr int taps = padded_taps(K);
  static constexpr int box_bytes = slab_pitch * (TH + K - 1), slab_bytes = (box_bytes + 127) / 128 * 128;
  static constexpr int stage_bytes = 2 * slab_bytes, fetched_bytes = 2 * box_bytes;
  static constexpr int OH = 4;  // rows of 8 columns, every fourth, that a thread writes of a tile
  // A tile's place: its channel's kernel, then its results; rows 16 bytes longer than 64 columns, for the
  // banks.
  static constexpr int kernel_bytes = sizeof(ToeplitzKernel), pitch = 2 * TW + 16;
  static constexpr int stash_bytes = (kernel_bytes + TH * pitch + 127) / 128 * 128;
  static_assert(TH % 16 == 0 && kernel_bytes % 16 == 0);

  __host__ __device__ static constexpr int group_bytes(int units, int slots, int width) {
    return stages * stage_bytes + slots * stash_bytes + small_bytes<TensorTraits>(units, width);
  }

  // What a thread writes out begins here, within the tile.
  __device__ static constexpr int column_of(int thread) { return thread % 8 * 8; }
  __device__ static constexpr int row_of(int thread) { return thread / 32 * 16 + thread % 32 / 8; }

  __device__ __forceinline__ static void copy_tile(unsigned char* to, const CUtensorMap* map, int x, int y,
                                                   int plane, const float*, uint64_t* barrier) {
    copy_box(to, map, x - 8, y - K / 2, plane, barrier);
    copy_box(to + slab_bytes, map, x - 8 + slab_columns, y - K / 2, plane, barrier);
  }
  __device__ __forceinline__ static void copy_kernel(const DepthwiseGate& gate, int channel,
                                                     unsigned char* to, uint64_t* barrier) {
    copy_row(to, gate.toeplitz + channel, kernel_bytes, barrier);
  }
};

/// Eight neighbours, scaled and shifted.
template <typename E>
__device__ __forceinline__ uint4 scaled(uint4 eight, float2 gate) {
  const auto both = [gate](uint32_t two) {
    float first, second;
    general::unpack<E>(two, first, second);
    return general::pack<E>(fmaf(first, gate.x, gate.y), fmaf(second, gate.x, gate.y));
  };
  return {both(eight.x), both(eight.y), both(eight.z), both(eight.w)};
}

template <typename T>
struct TensorGroup : ResidentGroup<T> {
  using Base = ResidentGroup<T>;
  using typename Base::E;
  using Values = uint32_t[8][2];  ///< pairs of a strip's results
  using Passing = uint4[T::OH];
  static constexpr bool picks_up_ahead = false;
  using Base::a, Base::memory, Base::lane, Base::warp, Base::column, Base::row, Base::stage;
  using Base::Base;

  __device__ __forceinline__ void convolve_unit(const Unit& unit, int i, int parity, Values& values) const {
    const DepthwiseGate& g = a.gate;
    const unsigned char* rows = memory.tiles + stage * T::stage_bytes + warp * 16 * slab_pitch;
    const auto& kernel = *reinterpret_cast<const ToeplitzKernel*>(memory.stash + i * T::stash_bytes);
    Strip strip;
    convolve_strip<E>(rows, T::slab_bytes, PackedTaps{kernel, lane}, kernel.bias, lane, strip);
    const int y = unit.y + warp * 16;
    float sum = rectify_strip(strip, lane, unit.x, y, g.height, g.width);
    if (__any_sync(~0u, sum != sum)) {  // Inf . 0, perhaps of the matrix's own zeros
      convolve_strip_plainly<E>(rows, T::slab_bytes,
                                g.rows + static_cast<int64_t>(unit.channel) * g.row_floats, lane, strip);
      sum = rectify_strip(strip, lane, unit.x, y, g.height, g.width);
    }
    this->add_to_tile(i, parity, sum);
#pragma unroll
    for (int block = 0; block < 8; ++block)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        values[block][half] = general::pack<E>(strip[block][2 * half], strip[block][2 * half + 1]);
  }

  /// Row `y` of the results of tile `i`.
  __device__ __forceinline__ unsigned char* stashed(int i, int y) const {
    return memory.stash + i * T::stash_bytes + T::kernel_bytes + y * T::pitch;
  }

  /// A warp's strip is its own: nobody else reads it.
  __device__ __forceinline__ void stash(int i, const Values& values) const {
    __syncwarp();
    unsigned char* to = stashed(i, warp * 16 + lane / 4);
#pragma unroll
    for (int block = 0; block < 8; ++block)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        *reinterpret_cast<uint32_t*>(to + half * 8 * T::pitch + 2 * strip_column(lane, block)) =
            values[block][half];
    __syncwarp();
  }

  /// Calls use(row, pixels from the plane's first) for what this thread writes of a tile inside the image.
  template <typename Use>
  __device__ __forceinline__ void each_row(const Unit& unit, Use&& use) const {
    const int x = unit.x + column, y = unit.y + row;
#pragma unroll
    for (int o = 0; o < T::OH; ++o)
      if (x < a.gate.width && y + 4 * o < a.gate.height) use(o, (y + 4 * o) * a.gate.width + x);
  }

  __device__ __forceinline__ void write_out(int sample, const Unit& unit, int i) const {
    const auto& to = a.gate.active_out;
    E* out = static_cast<E*>(to.data) + sample * to.sample_stride + unit.channel * to.channel_stride;
    const float2 gate = this->gate_of(i);
    each_row(unit, [&](int o, int pixel) {
      const uint4 eight = *reinterpret_cast<const uint4*>(stashed(i, row + 4 * o) + 2 * column);
      __stcs(reinterpret_cast<uint4*>(out + pixel), scaled<E>(eight, gate));
    });
  }

  __device__ __forceinline__ void pick_up_at(int sample, const Unit& unit, Passing& carried) const {
    const auto& from = a.gate.passed;
    const E* in =
        static_cast<const E*>(from.data) + sample * from.sample_stride + unit.channel * from.channel_stride;
    each_row(unit,
             [&](int o, int pixel) { carried[o] = __ldcs(reinterpret_cast<const uint4*>(in + pixel)); });
  }
  __device__ __forceinline__ void put_down_at(int sample, const Unit& unit, const Passing& carried) const {
    const auto& to = a.gate.passive_out;
    E* out = static_cast<E*>(to.data) + sample * to.sample_stride + unit.channel * to.channel_stride;
    each_row(unit, [&](int o, int pixel) { __stcs(reinterpret_cast<uint4*>(out + pixel), carried[o]); });
  }
};

template <typename T>
__global__ void __launch_bounds__(T::threads, T::min_blocks)
    resident_tensor(const __grid_constant__ CUtensorMap map, const __grid_constant__ ResidentArguments a) {
  ABLATE_DYNAMIC_SHARED(dynamic);
  using Arrivals = unsigned[2];
  ABLATE_STATIC_SHARED(Arrivals, arrivals);
  TensorGroup<T> group(a, &map, dynamic, arrivals);
  work_through(group);
}

}  // namespace ablate::kernels::cuda
