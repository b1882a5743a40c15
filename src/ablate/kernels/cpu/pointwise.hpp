#pragma once

#include "ablate/kernels/cpu/kernels.hpp"
#include "ablate/kernels/cpu/vec.hpp"

// Pointwise convolutions: the product of a matrix in panels of rows and a strip of pixels that was packed
// beside it. Packed, because planes lie a power of two apart all too often: a column of pixels then has one
// cache set.

namespace ablate::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int panel_rows = 8, tile_vectors = 3;  // 24 sums, 3 inputs, one weight: 28 of 32 registers
#elif defined(__AVX2__)
constexpr int panel_rows = 6, tile_vectors = 2;  // 12 sums, 2 inputs, one weight: 15 of 16 registers
#else
constexpr int panel_rows = 4, tile_vectors = 2;
#endif

void pack_strip(const Planes& planes, int64_t pixels, const float* gains, const float* shifts, float* strip,
                int64_t width) {
  const auto whole = pixels / lanes * lanes;
  for (int64_t plane = 0; plane < planes.count; ++plane, strip += width) {
    const float* from = planes.first + plane * planes.stride;
    const Vec gain = broadcast(gains != nullptr ? gains[plane] : 1);
    const Vec shift = broadcast(shifts != nullptr ? shifts[plane] : 0);
    const auto put = [&](int64_t i, Vec value) {
      store(strip + i, gains == nullptr    ? value
                       : shifts == nullptr ? value * gain
                                           : multiply_add(value, gain, shift));
    };
    for (int64_t i = 0; i < whole; i += lanes) put(i, load(from + i));
    if (whole < pixels) put(whole, load_first(from + whole, pixels - whole));
    for (int64_t i = divide_up(pixels, lanes) * lanes; i < width; i += lanes) store(strip + i, Vec{});
  }
}

/// A row of a tile, of which `pixels` exist.
template <int Vectors>
[[gnu::always_inline]] inline void store_row(float* to, const Vec (&row)[Vectors], int64_t pixels,
                                             bool past_caches) {
  if (pixels >= Vectors * lanes && !past_caches) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(to + v * lanes, row[v]);
    return;
  }
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    const auto left = pixels - v * lanes;
    if (left < lanes)
      store_first(to + v * lanes, row[v], left > 0 ? left : 0);
    else if (past_caches)
      stream(to + v * lanes, row[v]);
    else
      store(to + v * lanes, row[v]);
  }
}

/// One panel's rows of a strip.
struct PanelRows {
  const float *weights, *bias;
  int64_t columns, rows;
  bool relu;
};

/// One tile: a panel's rows, `Vectors` of pixels. `to`: the first row's first pixel.
template <int Vectors>
[[gnu::noinline]] void multiply_tile(const PanelRows& panel, const float* strip, int64_t width,
                                     int64_t pixels, float* to, int64_t stride, bool past_caches) {
  Vec sums[panel_rows][Vectors];
#pragma GCC unroll 16
  for (int r = 0; r < panel_rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[r][v] = broadcast(panel.bias[r]);
  }
  const float* weights = panel.weights;
  for (auto column = panel.columns; column > 0; --column, strip += width, weights += panel_rows) {
    Vec inputs[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) inputs[v] = load(strip + v * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < panel_rows; ++r) {
      const Vec weight = broadcast(weights[r]);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[r][v] = multiply_add(weight, inputs[v], sums[r][v]);
    }
  }
  if (panel.relu) {
#pragma GCC unroll 16
    for (int r = 0; r < panel_rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[r][v] = relu(sums[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < panel_rows; ++r) {
    if (r >= panel.rows) break;
    store_row(to, sums[r], pixels, past_caches);
    to += stride;
    forget(to);
  }
}

/// Brings the part of the next strip's planes that belongs to one of `steps` steps.
inline void prefetch_next(const Planes (&next)[2], int64_t pixels, int64_t step, int64_t steps) {
  for (const auto& planes : next) {
    const auto end = planes.count * (step + 1) / steps;
    for (auto plane = planes.count * step / steps; plane < end; ++plane)
      for (int64_t i = 0; i < pixels; i += 16) prefetch(planes.first + plane * planes.stride + i);
  }
}

void multiply(const Panels& panels, const float* strip, int64_t width, int64_t pixels,
              const StripTarget& target, const Planes (&next)[2]) {
  const auto steps = divide_up(panels.rows, panel_rows);
  for (int64_t step = 0; step < steps; ++step) {
    prefetch_next(next, width, step, steps);
    const auto row = step * panel_rows;
    const PanelRows panel{panels.weights + row * panels.columns, panels.bias + row, panels.columns,
                          least(panel_rows, panels.rows - row), panels.relu};
    for (int64_t pixel = 0; pixel < pixels; pixel += tile_vectors * lanes) {
      const auto left = pixels - pixel;
      const auto run = left > 2 * lanes && tile_vectors > 2 ? multiply_tile<tile_vectors>
                       : left > lanes                       ? multiply_tile<2>
                                                            : multiply_tile<1>;
      run(panel, strip + pixel, width, left, target.first + row * target.stride + pixel, target.stride,
          target.past_caches);
    }
  }
}

}  // namespace
}  // namespace ablate::kernels
