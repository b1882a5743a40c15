#pragma once

#include "ablate/kernels/cpu/kernels.hpp"
#include "ablate/kernels/cpu/vec.hpp"

// The depthwise convolution's input, laid out in the first-level cache: rows with zeros (or neighbours)
// around, in three streams, or in one where the fast form may not be taken.

namespace ablate::kernels {
namespace {

/// Floats between the columns of one row of a buffer and those of the next: a margin for both.
constexpr int64_t margin = 16;
/// From one row to the next, whatever the columns: as a constant it is part of the load instructions, where
/// additions of a variable would take a seventh of the multipliers' issue slots.
constexpr int64_t row_stride = most_columns + margin;
/// Pairs of a stream that no tile of the fast form reads: in all three, room for the rows that the last tile
/// of the direct form reads beyond those that count.
constexpr int64_t slack_pairs = 2;

struct Streams {
  Streams(int64_t k, const Tiling& tiling) : apart((tiling.band_pairs + k / 2 + slack_pairs) * row_stride) {}

  int64_t apart;  ///< floats from one stream to the next

  int64_t floats() const { return 3 * apart + margin; }
};

/// Columns [begin, begin + count) of an image, and what of it surrounds them.
struct Columns {
  int64_t begin, count;
  bool left, right;  ///< the image goes on there
};

/// Four floats on either side: what the largest kernel looks at, no more than half a margin.
constexpr int64_t side = 4;

/// One row of a buffer made of up to three rows of the image by `combine`; a null row counts as zeros.
struct RowReader {
  const float* row;

  Vec at(int64_t column) const { return row != nullptr ? load(row + column) : Vec{}; }
  Vec first_at(int64_t column, int64_t count) const {
    return row != nullptr ? load_first(row + column, count) : Vec{};
  }
  float value(int64_t column) const { return row != nullptr ? row[column] : 0; }
};

/// The rows of one pair: the two, and the one after them.
struct PairOfRows {
  RowReader even, odd, after;
};

/// Writes odd, even - odd and after - odd at one place of each stream; adds what the inputs squared come to.
inline void put(float* to, int64_t apart, Vec even, Vec odd, Vec after, Vec& squares0, Vec& squares1) {
  store(to, odd);
  store(to + apart, even - odd);
  store(to + 2 * apart, after - odd);
  squares0 = multiply_add(even, even, squares0);
  squares1 = multiply_add(odd, odd, squares1);
}

/// What lies beside the columns, for images of several blocks of columns. Adds what the inputs squared come
/// to.
inline void put_sides(float* to, int64_t apart, const PairOfRows& rows, const Columns& columns,
                      float& squares) {
  const auto put_one = [&](int64_t at, int64_t from, bool inside) {
    const auto even = inside ? rows.even.value(from) : 0, odd = inside ? rows.odd.value(from) : 0,
               after = inside ? rows.after.value(from) : 0;
    to[at] = odd;
    to[at + apart] = even - odd;
    to[at + 2 * apart] = after - odd;
    squares += even * even + odd * odd;
  };
  for (int64_t i = 0; i < side; ++i) put_one(i - side, columns.begin + i - side, columns.left);
  for (int64_t i = 0; i < side; ++i)
    put_one(columns.count + i, columns.begin + columns.count + i, columns.right);
}

/// Fills the streams with the pairs of rows that begin at row `begin`. False where a value is so large, or is
/// no number, that a difference of two might be none: then the fast form may not be taken.
inline bool fill_streams(const Streams& streams, int64_t pairs, const Tiling& tiling, const float* source,
                         int64_t begin, const Columns& columns, float* buffer) {
  Vec squares0{}, squares1{};
  float beside = 0;
  const auto row = [&](int64_t y) {
    return RowReader{y >= 0 && y < tiling.height ? source + y * tiling.width : nullptr};
  };
  const auto whole = columns.count / lanes * lanes, rest = columns.count - whole;
  const bool several = columns.left || columns.right;
  for (int64_t pair = 0; pair < pairs; ++pair) {
    const auto y = begin + 2 * pair;
    const PairOfRows rows{row(y), row(y + 1), row(y + 2)};
    float* to = buffer + pair * row_stride + margin;
    if (rows.even.row != nullptr && rows.odd.row != nullptr && rows.after.row != nullptr) {
      const float *even = rows.even.row + columns.begin, *odd = rows.odd.row + columns.begin,
                  *after = rows.after.row + columns.begin;
      for (int64_t x = 0; x < whole; x += lanes)
        put(to + x, streams.apart, load(even + x), load(odd + x), load(after + x), squares0, squares1);
    } else {
      for (int64_t x = 0; x < whole; x += lanes)
        put(to + x, streams.apart, rows.even.at(columns.begin + x), rows.odd.at(columns.begin + x),
            rows.after.at(columns.begin + x), squares0, squares1);
    }
    if (rest > 0)
      put(to + whole, streams.apart, rows.even.first_at(columns.begin + whole, rest),
          rows.odd.first_at(columns.begin + whole, rest), rows.after.first_at(columns.begin + whole, rest),
          squares0, squares1);
    if (several) put_sides(to, streams.apart, rows, columns, beside);
  }
  const auto squares = sum(squares0 + squares1) + beside;
  return squares - squares == 0;  // neither infinite nor NaN
}

/// The rows from `begin` on as they are, in one stream.
inline void fill_rows(int64_t rows, const Tiling& tiling, const float* source, int64_t begin,
                      const Columns& columns, float* buffer) {
  for (int64_t r = 0; r < rows; ++r) {
    const auto y = begin + r;
    const RowReader row{y >= 0 && y < tiling.height ? source + y * tiling.width : nullptr};
    float* to = buffer + r * row_stride + margin;
    for (int64_t x = 0; x < columns.count; x += lanes)
      store(to + x, row.first_at(columns.begin + x, least(lanes, columns.count - x)));
    for (int64_t i = 0; i < side; ++i) {
      to[i - side] = columns.left ? row.value(columns.begin + i - side) : 0;
      to[columns.count + i] = columns.right ? row.value(columns.begin + columns.count + i) : 0;
    }
  }
}

}  // namespace
}  // namespace ablate::kernels
