#pragma once

#include "ablate/kernels/cpu/streams.hpp"

// The depthwise convolution of one band of one channel, with bias, ReLU and sum.
//
// Fast form. Two output rows at a time; h0 are the kernel's rows 0, 2, 4, ..., h1 its rows 1, 3, ...; x0 and
// x1 the even and odd rows of the input:
//   even row = h0 * x0 + h1 * x1        = (h0 + h1) * x1 + h0 * (x0 - x1)
//   odd row  = h0 * x1 + h1 * x0 below  = (h0 + h1) * x1 + h1 * (x0 below - x1)
// The first products serve both rows: 11 in place of 14 for a kernel of 7 rows (Mou and Duhamel, Short-length
// FIR filters, IEEE Trans. Signal Processing 39, 1991). The differences are made once, while the band is
// copied into the cache.

namespace ablate::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int most_rows =
    16;  ///< accumulators of a tile; 32 registers hold them, a column of weights, an input
#else
constexpr int most_rows = 8;
#endif

/// Weights of a channel. Columns of the kernel are outermost: [k][taps] each.
template <int K>
struct DepthwiseWeights {
  static constexpr int even_taps = K / 2 + 1, odd_taps = K / 2;
  static constexpr int64_t both = 0, even = both + K * even_taps, odd = even + K * even_taps,
                           plain = odd + K * odd_taps, floats = plain + K * K;

  static void pack(const float* weights, float* packed) {
    for (int x = 0; x < K; ++x) {
      for (int i = 0; i < even_taps; ++i) {
        const float h0 = weights[2 * i * K + x], h1 = i < odd_taps ? weights[(2 * i + 1) * K + x] : 0;
        packed[both + x * even_taps + i] = h0 + h1;
        packed[even + x * even_taps + i] = h0;
        if (i < odd_taps) packed[odd + x * odd_taps + i] = h1;
      }
      for (int y = 0; y < K; ++y) packed[plain + x * K + y] = weights[y * K + x];
    }
  }
};

/// sums[r] += the products of `Taps` rows from row r on with K columns of weights, for vectors side by side.
template <int K, int Taps, int Rows>
[[gnu::always_inline]] inline void add_products(Vec (&sums)[Rows], const float* input, const float* weights) {
  for (int x = 0; x < K; ++x, ++input, weights += Taps) {
    Vec column[Taps];
#pragma GCC unroll 16
    for (int tap = 0; tap < Taps; ++tap) column[tap] = broadcast(weights[tap]);
#pragma GCC unroll 32
    for (int i = 0; i < Rows + Taps - 1; ++i) {
      Vec value = load(input + i * row_stride);
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

/// The products that both rows of each pair share, to `shared`.
template <int K, int Rows>
[[gnu::noinline]] void shared_products(const float* input, const float* weights, float bias, float* shared) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = broadcast(bias);
  add_products<K, DepthwiseWeights<K>::even_taps>(sums, input, weights);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) store(shared + r * lanes, sums[r]);
}

template <int K, int Taps, int Rows>
[[gnu::noinline]] void own_products(const float* input, const float* weights, const float* shared,
                                    const TileTarget& target, Vec& total) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = load(shared + r * lanes);
  add_products<K, Taps>(sums, input, weights);
  finish_tile(sums, target, total);
}

/// A tile of the fast form: `Rows` pairs of rows, one vector wide.
template <int K, int Rows>
void fast_tile(const Streams& streams, const float* input, const float* weights, float bias,
               const TileTarget& even, const TileTarget& odd, Vec& total) {
  using Weights = DepthwiseWeights<K>;
  alignas(64) float shared[Rows * lanes];
  shared_products<K, Rows>(input, weights + Weights::both, bias, shared);
  own_products<K, Weights::even_taps, Rows>(input + streams.apart, weights + Weights::even, shared, even,
                                            total);
  own_products<K, Weights::odd_taps, Rows>(input + 2 * streams.apart, weights + Weights::odd, shared, odd,
                                           total);
}

template <int K>
using FastTile = void (*)(const Streams&, const float*, const float*, float, const TileTarget&,
                          const TileTarget&, Vec&);

/// The tile of `rows` pairs, or of one more: even numbers are compiled.
template <int K, int Rows = most_rows>
FastTile<K> fast_tile_of(int64_t rows) {
  if constexpr (Rows > 2)
    if (rows <= Rows - 2) return fast_tile_of<K, Rows - 2>(rows);
  return fast_tile<K, Rows>;
}

/// A tile of the direct form.
template <int K>
[[gnu::noinline]] void direct_tile(const float* input, const float* weights, float bias,
                                   const TileTarget& target, Vec& total) {
  constexpr int rows = 4;
  Vec sums[rows];
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) sums[r] = broadcast(bias);
  add_products<K, K>(sums, input, weights + DepthwiseWeights<K>::plain);
  finish_tile(sums, target, total);
}

/// A tile's part of what the band is to bring into the cache: spread over the tiles, so that it waits for
/// nobody.
inline void prefetch_part(const Band& band, int64_t tile, int64_t tiles) {
  constexpr int64_t line = 16;
  const auto end = band.next_floats * (tile + 1) / tiles;
  for (auto i = band.next_floats * tile / tiles; i < end; i += line) {
    prefetch(band.next_source + i);
    prefetch_to_write(band.next_target + i);
  }
}

/// What a band's rows are and where its columns begin.
struct BandRows {
  int64_t begin, count;
};

template <int K>
void fast_block(const Streams& streams, const Tiling& tiling, const Band& band, const BandRows& rows,
                const Columns& columns, const float* buffer, Vec& total) {
  const auto pairs = divide_up(rows.count, 2);
  const auto tile = divide_up(divide_up(pairs, divide_up(pairs, most_rows)), 2) * 2;
  const auto run = fast_tile_of<K>(tile);
  const auto across = divide_up(tiling.width, lanes), tiles = across * divide_up(pairs, tile);
  for (int64_t pair = 0; pair < pairs; pair += tile)
    for (int64_t x = 0; x < columns.count; x += lanes) {
      if (band.next_floats > 0)
        prefetch_part(band, pair / tile * across + (columns.begin + x) / lanes, tiles);
      float* to = band.target + (rows.begin + 2 * pair) * tiling.width + columns.begin + x;
      const auto left = rows.count - 2 * pair, width = columns.count - x;
      run(streams, buffer + pair * row_stride + margin + x - K / 2, band.weights, band.bias,
          {to, 2 * tiling.width, (left + 1) / 2, width},
          {to + tiling.width, 2 * tiling.width, left / 2, width}, total);
    }
}

template <int K>
void direct_block(const Tiling& tiling, const Band& band, const BandRows& rows, const Columns& columns,
                  const float* buffer, Vec& total) {
  for (int64_t y = 0; y < rows.count; y += 4)
    for (int64_t x = 0; x < columns.count; x += lanes)
      direct_tile<K>(buffer + y * row_stride + margin + x - K / 2, band.weights, band.bias,
                     {band.target + (rows.begin + y) * tiling.width + columns.begin + x, tiling.width,
                      rows.count - y, columns.count - x},
                     total);
}

template <int K>
float depthwise_band(const Tiling& tiling, const Band& band, float* buffer) {
  const Streams streams(K, tiling);
  const auto begin = 2 * tiling.band_pairs * band.index;
  const BandRows rows{begin, least(2 * tiling.band_pairs, tiling.height - begin)};
  Vec total{};
  for (int64_t x = 0; x < tiling.width; x += tiling.columns) {
    const auto count = least(tiling.columns, tiling.width - x);
    const Columns columns{x, count, x > 0, x + count < tiling.width};
    if constexpr (K > 1) {
      if (fill_streams(streams, divide_up(rows.count, 2) + K / 2, tiling, band.source, rows.begin - K / 2,
                       columns, buffer)) {
        fast_block<K>(streams, tiling, band, rows, columns, buffer, total);
        continue;
      }
    }
    fill_rows(rows.count + K - 1, tiling, band.source, rows.begin - K / 2, columns, buffer);
    direct_block<K>(tiling, band, rows, columns, buffer, total);
  }
  return sum(total);
}

/// Calls `work` with the kernel size as a constant.
template <typename Work>
auto with_size(int64_t k, Work work) {
  switch (k) {
    case 3:
      return work.template operator()<3>();
    case 5:
      return work.template operator()<5>();
    case 7:
      return work.template operator()<7>();
    case 9:
      return work.template operator()<9>();
    default:
      return work.template operator()<1>();
  }
}

int64_t depthwise_weights(int64_t k) {
  return with_size(k, []<int K>() { return DepthwiseWeights<K>::floats; });
}

int64_t depthwise_buffer(int64_t k, const Tiling& tiling) { return Streams(k, tiling).floats(); }

void pack_depthwise(int64_t k, const float* weights, float* packed) {
  with_size(k, [&]<int K>() { DepthwiseWeights<K>::pack(weights, packed); });
}

/// Zeros: the margins stay so in an image of one block of columns.
void prepare(int64_t k, const Tiling& tiling, float* buffer) {
  const auto floats = depthwise_buffer(k, tiling);
  for (int64_t i = 0; i < floats; ++i) buffer[i] = 0;
}

float depthwise(int64_t k, const Tiling& tiling, const Band& band, float* buffer) {
  return with_size(k, [&]<int K>() { return depthwise_band<K>(tiling, band, buffer); });
}

}  // namespace
}  // namespace ablate::kernels
