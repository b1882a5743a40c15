#pragma once

#include "ablate/kernels/cpu/products.hpp"

// The fast form across: two output columns at a time, where the vectors are wide enough that a line's end
// falls into most loads. Each load then serves all rows of the kernel, up to 7 multiplications in place of 4.
//
// For kernels whose half is odd (3, 7). With E and O the even and odd columns of a row, h0 the kernel's
// columns 0, 2, 4, ..., h1 its columns 1, 3, ..., and m = j - (k/2 - 1)/2 + i under the i-th weight:
//   column 2j     = h0 * O[m-1] + h1 * E[m]    = (h0 + h1) * E[m] + h0 * (O[m-1] - E[m])
//   column 2j + 1 = h0 * E[m]   + h1 * O[m]    = (h0 + h1) * E[m] + h1 * (O[m] - E[m])

namespace ablate::kernels {
namespace {

/// Weights of a channel in this form, columns of the kernel: [taps][k] each.
template <int K>
struct AcrossWeights {
  static constexpr int even_taps = K / 2 + 1, odd_taps = K / 2;
  static constexpr int64_t both = 0, even = both + K * even_taps, odd = even + K * even_taps,
                           floats = odd + K * odd_taps;

  static void pack(const float* weights, float* packed) {
    for (int y = 0; y < K; ++y, weights += K)
      for (int i = 0; i < even_taps; ++i) {
        const float h0 = weights[2 * i], h1 = i < odd_taps ? weights[2 * i + 1] : 0;
        packed[both + i * K + y] = h0 + h1;
        packed[even + i * K + y] = h0;
        if (i < odd_taps) packed[odd + i * K + y] = h1;
      }
  }
};

#if defined(__AVX512F__)

/// Kernels that there is this form for.
template <int K>
constexpr bool has_across = K == 3 || K == 7;

/// Widest image of this form, and floats from one row of a stream to the next.
constexpr int64_t across_columns = 64, across_stride = across_columns / 2 + margin;

/// A tile is two vectors wide: only where that makes no more vectors than the other form has.
template <int K>
bool goes_across(const Tiling& tiling) {
  return has_across<K> && tiling.across && tiling.width <= across_columns &&
         divide_up(tiling.width, lanes) % 2 == 0;
}

/// The streams E[m], O[m-1] - E[m] and O[m] - E[m], each a row of half the columns for a row of the image.
struct HalfStreams {
  HalfStreams(int64_t k, const Tiling& tiling) : apart((2 * tiling.band_pairs + k - 1) * across_stride) {}

  int64_t apart;  ///< floats from one stream to the next

  int64_t floats() const { return 3 * apart + margin; }
};

/// Two vectors of a row side by side to the three streams.
[[gnu::always_inline]] inline void put(float* to, int64_t apart, Vec first, Vec second, Vec& before,
                                       Vec (&squares)[2]) {
  squares[0] = multiply_add(first, first, squares[0]);
  squares[1] = multiply_add(second, second, squares[1]);
  const Vec even = evens(first, second), odd = odds(first, second);
  store(to, even);
  store(to + apart, shift_in(before, odd) - even);
  store(to + 2 * apart, odd - even);
  before = odd;
}

/// One row of the image to the three streams.
[[gnu::always_inline]] inline void put_row(float* to, int64_t apart, const float* from, int64_t width,
                                           Vec (&squares)[2]) {
  const auto whole = width / (2 * lanes) * (2 * lanes), rest = width - whole;
  Vec before{};
  for (int64_t x = 0; x < whole; x += 2 * lanes, to += lanes)
    put(to, apart, load(from + x), load(from + x + lanes), before, squares);
  if (rest > 0) {
    const auto count = least(rest, lanes);
    const Vec second = rest > lanes ? load_first(from + whole + lanes, rest - lanes) : Vec{};
    put(to, apart, load_first(from + whole, count), second, before, squares);
    to += lanes;
  }
  store(to + apart, shift_in(before, Vec{}));
}

inline void put_zeros(float* to, int64_t apart, int64_t width) {
  for (int64_t x = 0; x <= width; x += 2 * lanes, to += lanes)
    for (int64_t stream = 0; stream < 3; ++stream) store(to + stream * apart, Vec{});
}

/// Fills the streams with the rows from `begin` on. False where the fast form may not be taken.
inline bool fill_halves(const HalfStreams& streams, int64_t rows, const Tiling& tiling, const float* source,
                        int64_t begin, float* buffer) {
  Vec squares[2]{};
  for (int64_t r = 0; r < rows; ++r) {
    const auto y = begin + r;
    float* to = buffer + r * across_stride + margin;
    if (y >= 0 && y < tiling.height)
      put_row(to, streams.apart, source + y * tiling.width, tiling.width, squares);
    else
      put_zeros(to, streams.apart, tiling.width);
  }
  return finite(squares[0] + squares[1]);
}

/// Sums of a tile go on from `begin`, `step` floats apart, to `to`.
template <int K, int Across, int Rows>
[[gnu::noinline]] void across_products(const float* input, const float* weights, const float* begin,
                                       int64_t step, Ahead& ahead, float* to) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = load(begin + r * step);
  add_products<Across, K, across_stride>(sums, input, weights, ahead);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) store(to + r * lanes, sums[r]);
}

/// The odd columns of a tile; ReLU, and even and odd ones beside each other to where they belong.
template <int K, int Rows>
[[gnu::noinline]] void across_finish(const float* input, const float* weights, const float* shared,
                                     const float* even, Ahead& ahead, const TileTarget& target, Vec& total) {
  Vec sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = load(shared + r * lanes);
  add_products<K / 2, K, across_stride>(sums, input, weights, ahead);
  float* to = target.first;
  const auto stride = target.stride, rows = target.rows, width = target.width;
  Vec added[2]{};
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    if (r >= rows) break;
    const Vec evens = relu(load(even + r * lanes)), odds = relu(sums[r]);
    const Vec first = first_of(evens, odds), second = second_of(evens, odds);
    if (width >= 2 * lanes) {
      store(to, first);
      store(to + lanes, second);
      added[0] = added[0] + evens;
      added[1] = added[1] + odds;
    } else {
      const auto count = least(width, lanes), rest = width - count;
      store_first(to, first, count);
      if (rest > 0) store_first(to + lanes, second, rest);
      added[0] = added[0] + keep_first(first, count);
      added[1] = added[1] + keep_first(second, rest);
    }
    to += stride;
    forget(to);
  }
  total = total + (added[0] + added[1]);
}

/// A tile of the form across: `Rows` rows, two vectors wide.
template <int K, int Rows>
void across_tile(const HalfStreams& streams, const float* input, const float* weights, float bias,
                 Ahead ahead, const TileTarget& target, Vec& total) {
  using Weights = AcrossWeights<K>;
  alignas(64) float begin[lanes], shared[Rows * lanes], even[Rows * lanes];
  store(begin, broadcast(bias));
  across_products<K, K / 2 + 1, Rows>(input, weights + Weights::both, begin, 0, ahead, shared);
  across_products<K, K / 2 + 1, Rows>(input + streams.apart, weights + Weights::even, shared, lanes, ahead,
                                      even);
  across_finish<K, Rows>(input + 2 * streams.apart, weights + Weights::odd, shared, even, ahead, target,
                         total);
}

template <int K>
struct AcrossForm {
  using Tile = void (*)(const HalfStreams&, const float*, const float*, float, Ahead, const TileTarget&,
                        Vec&);
  template <int Rows>
  static constexpr Tile tile = across_tile<K, Rows>;
};
template <int K>
constexpr TilesByRows<AcrossForm<K>> across_tiles;

template <int K>
void across_block(const HalfStreams& streams, const Tiling& tiling, const Band& band, const BandRows& rows,
                  const float* weights, const float* buffer, Vec& total) {
  const auto tile = divide_up(rows.count, divide_up(rows.count, most_rows));
  const auto across = divide_up(tiling.width, 2 * lanes), tiles = across * divide_up(rows.count, tile);
  for (int64_t y = 0; y < rows.count; y += tile) {
    const auto run = across_tiles<K>.of[least(tile, rows.count - y)];
    for (int64_t x = 0; x < tiling.width; x += 2 * lanes) {
      const Ahead ahead(band, y / tile * across + x / (2 * lanes), tiles, K + K / 2 + 1);
      run(streams, buffer + y * across_stride + margin + x / 2 - (K / 2 - 1) / 2, weights, band.bias, ahead,
          {band.target + (rows.begin + y) * tiling.width + x, tiling.width, rows.count - y, tiling.width - x},
          total);
    }
  }
}

#else

template <int K>
constexpr bool has_across = false;

template <int K>
bool goes_across(const Tiling&) {
  return false;
}

#endif

}  // namespace
}  // namespace ablate::kernels
