#pragma once

#include "ablate/kernels/cpu/across.hpp"
#include "ablate/kernels/cpu/few_columns.hpp"

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

/// Weights of a channel. Columns of the kernel are outermost: [k][taps] each; those of the form across
/// follow.
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

/// The products that both rows of each pair share, to `shared`.
template <int K, int Rows>
[[gnu::noinline]] void shared_products(const float* input, const float* weights, float bias, Ahead& ahead,
                                       float* shared) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = broadcast(bias);
  add_products<K, DepthwiseWeights<K>::even_taps>(sums, input, weights, ahead);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) store(shared + r * lanes, sums[r]);
}

template <int K, int Taps, int Rows>
[[gnu::noinline]] void own_products(const float* input, const float* weights, const float* shared,
                                    Ahead& ahead, const TileTarget& target, Vec& total) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = load(shared + r * lanes);
  add_products<K, Taps>(sums, input, weights, ahead);
  finish_tile(sums, target, total);
}

/// A tile of the fast form: `Rows` pairs of rows, one vector wide.
template <int K, int Rows>
void fast_tile(const Streams& streams, const float* input, const float* weights, float bias, Ahead ahead,
               const TileTarget& even, const TileTarget& odd, Vec& total) {
  using Weights = DepthwiseWeights<K>;
  alignas(64) float shared[Rows * lanes];
  shared_products<K, Rows>(input, weights + Weights::both, bias, ahead, shared);
  own_products<K, Weights::even_taps, Rows>(input + streams.apart, weights + Weights::even, shared, ahead,
                                            even, total);
  own_products<K, Weights::odd_taps, Rows>(input + 2 * streams.apart, weights + Weights::odd, shared, ahead,
                                           odd, total);
}

template <int K>
struct FastForm {
  using Tile = void (*)(const Streams&, const float*, const float*, float, Ahead, const TileTarget&,
                        const TileTarget&, Vec&);
  template <int Rows>
  static constexpr Tile tile = fast_tile<K, Rows>;
};
template <int K>
constexpr TilesByRows<FastForm<K>> fast_tiles;

/// A tile of the direct form.
template <int K>
[[gnu::noinline]] void direct_tile(const float* input, const float* weights, float bias,
                                   const TileTarget& target, Vec& total) {
  constexpr int rows = 4;
  Vec sums[rows];
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) sums[r] = broadcast(bias);
  Ahead nothing;
  add_products<K, K>(sums, input, weights + DepthwiseWeights<K>::plain, nothing);
  finish_tile(sums, target, total);
}

/// `few`: of the columns' last, that go another way.
template <int K>
void fast_block(const Streams& streams, const Tiling& tiling, const Band& band, const BandRows& rows,
                const Columns& columns, int64_t few, const float* buffer, Vec& total) {
  const auto pairs = divide_up(rows.count, 2);
  const auto tile = divide_up(pairs, divide_up(pairs, most_rows));
  const auto across = divide_up(tiling.width - few, lanes), tiles = across * divide_up(pairs, tile);
  for (int64_t pair = 0; pair < pairs; pair += tile) {
    const auto run = fast_tiles<K>.of[least(tile, pairs - pair)];
    for (int64_t x = 0; x < columns.count - few; x += lanes) {
      const Ahead ahead(band, pair / tile * across + (columns.begin + x) / lanes, tiles, 3 * K);
      float* to = band.target + (rows.begin + 2 * pair) * tiling.width + columns.begin + x;
      const auto left = rows.count - 2 * pair, width = columns.count - x;
      run(streams, buffer + pair * row_stride + margin + x - K / 2, band.weights, band.bias, ahead,
          {to, 2 * tiling.width, (left + 1) / 2, width},
          {to + tiling.width, 2 * tiling.width, left / 2, width}, total);
    }
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

int64_t depthwise_buffer(int64_t k, const Tiling& tiling) {
  const auto floats = Streams(k, tiling).floats() + few_floats(k, tiling);
#if defined(__AVX512F__)
  const auto across = HalfStreams(k, tiling).floats();
  return across > floats ? across : floats;
#else
  return floats;
#endif
}

inline void zero(float* to, int64_t floats) {
  for (int64_t i = 0; i < floats; ++i) to[i] = 0;
}

/// Zeros where a band's rows are not written and tiles read: the margins stay so in an image of one block of
/// columns.
template <int K>
void prepare_for(const Tiling& tiling, float* buffer) {
#if defined(__AVX512F__)
  if (goes_across<K>(tiling)) return zero(buffer, HalfStreams(K, tiling).floats());
#endif
  const auto apart = Streams(K, tiling).apart, width = divide_up(tiling.columns, lanes) * lanes + 2 * margin;
  for (int64_t stream = 0; stream < 3; ++stream)
    for (int64_t pair = 0; pair < tiling.band_pairs + K / 2; ++pair)
      zero(buffer + stream * apart + pair * row_stride, width);
}

/// The form across, where there is one for the shape and the numbers allow it.
template <int K>
bool band_across([[maybe_unused]] const Tiling& tiling, [[maybe_unused]] const Band& band,
                 [[maybe_unused]] const BandRows& rows, [[maybe_unused]] float* buffer,
                 [[maybe_unused]] Vec& total) {
#if defined(__AVX512F__)
  if constexpr (has_across<K>) {
    const HalfStreams streams(K, tiling);
    if (!fill_halves(streams, rows.count + K - 1, tiling, band.source, rows.begin - K / 2, buffer))
      return false;
    across_block<K>(streams, tiling, band, rows, band.weights + DepthwiseWeights<K>::floats, buffer, total);
    return true;
  }
#endif
  return false;
}

template <int K>
float depthwise_band(const Tiling& tiling, const Band& band, float* buffer) {
  const Streams streams(K, tiling);
  const auto begin = 2 * tiling.band_pairs * band.index;
  const BandRows rows{begin, least(2 * tiling.band_pairs, tiling.height - begin)};
  const bool across = goes_across<K>(tiling);
  Vec total{};
  if (across && band_across<K>(tiling, band, rows, buffer, total)) return sum(total);
  for (int64_t x = 0; x < tiling.width; x += tiling.columns) {
    const auto count = least(tiling.columns, tiling.width - x);
    const Columns columns{x, count, x > 0, x + count < tiling.width};
    if constexpr (K > 1) {
      if (!across && fill_streams(streams, divide_up(rows.count, 2) + K / 2, tiling, band.source,
                                  rows.begin - K / 2, columns, buffer)) {
        const auto few = columns.right ? 0 : few_columns(count);
        fast_block<K>(streams, tiling, band, rows, columns, few, buffer, total);
        if (few > 0)
          few_block<K>(tiling, band, rows, few, band.weights + DepthwiseWeights<K>::plain,
                       buffer + streams.floats(), total);
        continue;
      }
    }
    fill_rows(rows.count + K - 1, tiling, band.source, rows.begin - K / 2, columns, buffer);
    direct_block<K>(tiling, band, rows, columns, buffer, total);
  }
  if (across) prepare_for<K>(tiling, buffer);  // the rows as they are were laid where its margins are
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
  return with_size(k, []<int K>() { return DepthwiseWeights<K>::floats + AcrossWeights<K>::floats; });
}

void prepare(int64_t k, const Tiling& tiling, float* buffer) {
  with_size(k, [&]<int K>() { prepare_for<K>(tiling, buffer); });
}

void pack_depthwise(int64_t k, const float* weights, float* packed) {
  with_size(k, [&]<int K>() {
    DepthwiseWeights<K>::pack(weights, packed);
    if constexpr (has_across<K>) AcrossWeights<K>::pack(weights, packed + DepthwiseWeights<K>::floats);
  });
}

float depthwise(int64_t k, const Tiling& tiling, const Band& band, float* buffer) {
  return with_size(k, [&]<int K>() { return depthwise_band<K>(tiling, band, buffer); });
}

}  // namespace
}  // namespace ablate::kernels
