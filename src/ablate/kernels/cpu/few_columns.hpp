#pragma once

#include "ablate/kernels/cpu/products.hpp"

// The last columns of an image whose width is a little more than whole vectors, as 65: a vector for one or
// two columns would be nearly empty, so these are laid out column by column, and a vector takes rows of one.
// All products directly, those with the zeros beyond the image's edge left out.

namespace ablate::kernels {
namespace {

/// Columns that go this way, at most: with AVX-512 two, with AVX2 one.
constexpr int64_t most_few = lanes / 8;

/// The image's last columns that do, of `columns` that are its last.
constexpr int64_t few_columns(int64_t columns) {
  const auto rest = columns % lanes;
  return columns > lanes && rest <= most_few ? rest : 0;
}

/// From one column to the next, floats: rows of a band, those that the kernel looks at around them, and what
/// the last vectors read beyond.
constexpr int64_t few_stride(int64_t k, const Tiling& tiling) {
  return divide_up(2 * tiling.band_pairs + k - 1, lanes) * lanes + 2 * lanes;
}

constexpr int64_t few_floats(int64_t k, const Tiling& tiling) {
  return few_columns(tiling.width) > 0 ? (most_few + k / 2) * few_stride(k, tiling) : 0;
}

/// Two vectors of rows of one column, from `input` on: `across` columns of the kernel lie within the image.
template <int K>
[[gnu::always_inline]] inline void few_products(Vec (&sums)[2], const float* input, int64_t stride,
                                                const float* weights, int64_t across) {
  Vec others[2]{};  // two sums each, since one product waits for another
  for (; across > 0; --across, input += stride, weights += K) {
#pragma GCC unroll 16
    for (int tap = 0; tap < K; ++tap) {
      const Vec weight = broadcast(weights[tap]);
      for (int v = 0; v < 2; ++v) {
        Vec& sum = tap % 2 == 0 ? sums[v] : others[v];
        sum = multiply_add(load(input + tap + v * lanes), weight, sum);
      }
    }
  }
  for (int v = 0; v < 2; ++v) sums[v] = sums[v] + others[v];
}

/// The last `few` columns of a band. `weights`: plain, the kernel's columns outermost; `buffer`:
/// few_floats().
template <int K>
void few_block(const Tiling& tiling, const Band& band, const BandRows& rows, int64_t few,
               const float* weights, float* buffer, Vec& total) {
  const auto stride = few_stride(K, tiling), first = tiling.width - few - K / 2, columns = few + K / 2;
  for (int64_t r = 0; r < rows.count + K - 1; ++r) {
    const auto y = rows.begin - K / 2 + r;
    const bool inside = y >= 0 && y < tiling.height;
    for (int64_t x = 0; x < columns; ++x)
      buffer[x * stride + r] = inside ? band.source[y * tiling.width + first + x] : 0;
  }
  for (int64_t x = 0; x < few; ++x)
    for (int64_t r = 0; r < rows.count; r += 2 * lanes) {
      Vec sums[2] = {broadcast(band.bias), broadcast(band.bias)};
      few_products<K>(sums, buffer + x * stride + r, stride, weights, least(K, columns - x));
      float values[2 * lanes];
      const auto count = least(2 * lanes, rows.count - r);
      for (int64_t v = 0; v < 2; ++v) {
        const Vec value = relu(sums[v]);
        store(values + v * lanes, value);
        const auto exist = count - v * lanes;
        if (exist > 0) total = total + keep_first(value, least(lanes, exist));
      }
      float* to = band.target + (rows.begin + r) * tiling.width + tiling.width - few + x;
      for (int64_t i = 0; i < count; ++i, to += tiling.width) *to = values[i];
    }
}

}  // namespace
}  // namespace ablate::kernels
