#pragma once

#include "ablate/kernels/cpu/streams.hpp"

// What the forms of the depthwise convolution share: a tile's products, and its end.

namespace ablate::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int most_rows =
    16;  ///< accumulators of a tile; 32 registers hold them, a column of weights, an input
#else
constexpr int most_rows = 8;
#endif

/// Of a form's tiles, `Form::tile<Rows>`, the one of each number of rows.
template <typename Form>
struct TilesByRows {
  constexpr TilesByRows() { put<most_rows>(); }
  template <int Rows>
  constexpr void put() {
    of[Rows] = Form::template tile<Rows>;
    if constexpr (Rows > 1) put<Rows - 1>();
  }
  typename Form::Tile of[most_rows + 1] = {};
};

/// A tile's part of what the band is to bring into the cache, a few lines before each column of products: all
/// at once they would fill the processor's list of open misses, and the multiplications wait.
struct Ahead {
  Ahead() = default;
  /// Of one of `tiles` tiles, which has `columns` columns of products.
  Ahead(const Band& band, int64_t tile, int64_t tiles, int64_t columns) {
    if (band.next_floats == 0) return;
    const auto begin = band.next_floats * tile / tiles;
    source = band.next_source + begin;
    target = band.next_target + begin;
    each = divide_up(band.next_floats * (tile + 1) / tiles - begin, columns * line);
  }

  [[gnu::always_inline]] void bring() {
    for (auto i = each; i > 0; --i, source += line, target += line) {
      prefetch(source);
      prefetch_to_write(target);
    }
  }

  const float* source = nullptr;
  float* target = nullptr;
  int64_t each = 0;
};

/// sums[r] += the products of `Taps` rows from row r on with `Across` columns of weights, for vectors side by
/// side.
template <int Across, int Taps, int64_t Stride = row_stride, int Rows>
[[gnu::always_inline]] inline void add_products(Vec (&sums)[Rows], const float* input, const float* weights,
                                                Ahead& ahead) {
  for (int x = 0; x < Across; ++x, ++input, weights += Taps) {
    ahead.bring();
    Vec column[Taps];
#pragma GCC unroll 16
    for (int tap = 0; tap < Taps; ++tap) column[tap] = broadcast(weights[tap]);
#pragma GCC unroll 32
    for (int i = 0; i < Rows + Taps - 1; ++i) {
      Vec value = load(input + i * Stride);
      hold(value);
#pragma GCC unroll 16
      for (int tap = 0; tap < Taps; ++tap)
        if (i - tap >= 0 && i - tap < Rows) sums[i - tap] = multiply_add(value, column[tap], sums[i - tap]);
    }
  }
}

/// Where the rows of a tile go.
struct TileTarget {
  float* first;
  int64_t stride;  ///< floats from a row of the tile to the next
  int64_t rows;    ///< that exist, of the tile's
  int64_t width;   ///< of the vector that exists
};

/// ReLU, store, and the sum of what was stored.
template <int Rows>
[[gnu::always_inline]] inline void finish_tile(const Vec (&sums)[Rows], const TileTarget& target,
                                               Vec& total) {
  float* to = target.first;
  const auto stride = target.stride, rows = target.rows, width = target.width;
  Vec added[2]{};
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    if (r >= rows) break;
    const Vec value = relu(sums[r]);
    if (width >= lanes) {
      store(to, value);
      added[r % 2] = added[r % 2] + value;
    } else {
      store_first(to, value, width);
      added[r % 2] = added[r % 2] + keep_first(value, width);
    }
    to += stride;
    forget(to);
  }
  total = total + (added[0] + added[1]);
}

/// What a band's rows are and where its columns begin.
struct BandRows {
  int64_t begin, count;
};

}  // namespace
}  // namespace ablate::kernels
