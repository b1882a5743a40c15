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

/// What a tile brings into the cache meanwhile, a line for each column of the matrix: all at once they would
/// fill the processor's list of open misses, and a test for each would cost more than it brings.
struct TileAhead {
  const float* first[2];  ///< from there on for the first `columns`, and for the others
  int64_t step[2];
  int64_t columns;
};

/// One tile: a panel's rows, `Vectors` of pixels. `to`: the first row's first pixel.
template <int Vectors>
[[gnu::noinline]] void multiply_tile(const PanelRows& panel, const float* strip, int64_t width,
                                     int64_t pixels, float* to, int64_t stride, bool past_caches,
                                     const TileAhead& ahead) {
  Vec sums[panel_rows][Vectors];
#pragma GCC unroll 16
  for (int r = 0; r < panel_rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[r][v] = broadcast(panel.bias[r]);
  }
  const float* weights = panel.weights;
  for (int kind = 0; kind < 2; ++kind) {
    const float* line = ahead.first[kind];
    const auto step = ahead.step[kind];
    auto column = kind == 0 ? ahead.columns : panel.columns - ahead.columns;
    for (; column > 0; --column, strip += width, weights += panel_rows, line += step) {
      prefetch(line);
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

/// Of the tile number `unit` of a strip: a line of each plane of the next strip, one after the other; then,
/// where what is written stays in the caches, a line of each row of the next strip's target.
inline TileAhead tile_ahead(const Planes (&next)[2], const StripTarget& target, const float* strip,
                            int64_t width, int64_t unit) {
  const auto lines = divide_up(width, line), of_target = unit - lines;
  TileAhead ahead{{strip, strip}, {0, 0}, next[0].count};
  for (int kind = 0; kind < 2; ++kind) {
    if (next[kind].count == 0) continue;
    if (unit < lines) {
      ahead.first[kind] = next[kind].first + unit * line;
      ahead.step[kind] = next[kind].stride;
    } else if (of_target <= lines && !target.past_caches) {
      ahead.first[kind] =
          target.first + width + of_target * line + (kind == 0 ? 0 : next[0].count * target.stride);
      ahead.step[kind] = target.stride;
    }
  }
  return ahead;
}

void multiply(const Panels& panels, const float* strip, int64_t width, int64_t pixels,
              const StripTarget& target, const Planes (&next)[2]) {
  int64_t unit = 0;
  for (int64_t row = 0; row < panels.rows; row += panel_rows) {
    const PanelRows panel{panels.weights + row * panels.columns, panels.bias + row, panels.columns,
                          least(panel_rows, panels.rows - row), panels.relu};
    for (int64_t pixel = 0; pixel < pixels; pixel += tile_vectors * lanes, ++unit) {
      const auto left = pixels - pixel;
      const auto run = left > 2 * lanes && tile_vectors > 2 ? multiply_tile<tile_vectors>
                       : left > lanes                       ? multiply_tile<2>
                                                            : multiply_tile<1>;
      run(panel, strip + pixel, width, left, target.first + row * target.stride + pixel, target.stride,
          target.past_caches, tile_ahead(next, target, strip, width, unit));
    }
  }
}

}  // namespace
}  // namespace ablate::kernels
