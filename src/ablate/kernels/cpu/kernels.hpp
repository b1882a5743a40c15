#pragma once

#include <cstdint>

/// What is compiled once a capability, as a table of functions over plain memory. No other header here: see
/// vec.hpp.

namespace ablate::kernels {

/// Widest block of columns that the depthwise convolution takes at a time, floats.
constexpr int64_t most_columns = 128;

/// How an image is cut for the depthwise convolution. Rows go in pairs: the convolution is worked out for two
/// at a time.
struct Tiling {
  int64_t height = 0, width = 0;
  int64_t columns = 0;     ///< of a block, at most most_columns: all, or a multiple of the vector
  int64_t band_pairs = 0;  ///< rows of a band, in pairs
  int64_t bands = 0;       ///< of an image
  bool across = false;  ///< two columns at a time, not two rows, where there is such a form for k and width
};

/// One band of one channel.
struct Band {
  const float* source = nullptr;   ///< the channel's plane [height, width]
  float* target = nullptr;         ///< the plane of the result, not the source
  const float* weights = nullptr;  ///< as `Kernels::pack_depthwise` made them
  float bias = 0;
  int64_t index = 0;  ///< 0 to tiling.bands - 1

  /// What to bring into the cache meanwhile: the source and the target of bands to come; 0 where nothing.
  const float* next_source = nullptr;
  float* next_target = nullptr;
  int64_t next_floats = 0;
};

/// The rows of the matrix that multiplies, in panels; rows and bias filled up with zeros to whole panels.
struct Panels {
  const float* weights = nullptr;  ///< [panels, columns, panel rows]
  const float* bias = nullptr;     ///< [panels * panel rows]
  int64_t rows = 0, columns = 0;
  bool relu = false;
};

/// Planes of an image, `stride` floats apart.
struct Planes {
  const float* first = nullptr;
  int64_t stride = 0, count = 0;
};

/// Where a strip's product goes.
struct StripTarget {
  float* first = nullptr;  ///< of the first row's plane, at the strip's first pixel
  int64_t stride = 0;      ///< floats from a row's plane to the next
  bool past_caches = false;
};

struct Kernels {
  const char* name;
  int64_t lanes;                    ///< floats of a vector
  int64_t tile_pairs;               ///< most pairs of rows that a tile of the depthwise convolution holds
  int64_t panel_rows, tile_pixels;  ///< of the tile of a pointwise convolution

  /// Depthwise convolution of size k, bias, ReLU. Floats of the weights of a channel, and of the buffer.
  int64_t (*depthwise_weights)(int64_t k);
  int64_t (*depthwise_buffer)(int64_t k, const Tiling& tiling);
  /// [k, k] to what `depthwise` takes.
  void (*pack_depthwise)(int64_t k, const float* weights, float* packed);
  /// Once before the first band, whatever the buffer held.
  void (*prepare)(int64_t k, const Tiling& tiling, float* buffer);
  /// The sum of what it wrote.
  float (*depthwise)(int64_t k, const Tiling& tiling, const Band& band, float* buffer);

  /// `pixels` of each plane, times its gain plus its shift (null: 1 and 0), to rows of `width` floats, a
  /// multiple of the vector; filled up with zeros.
  void (*pack_strip)(const Planes& planes, int64_t pixels, const float* gains, const float* shifts,
                     float* strip, int64_t width);
  /// The product of the panels and a strip. `next`: two groups of planes that the next strip will read, as
  /// many in all as the panels have columns, or none where there is no next. They are prefetched, and where
  /// that strip's product will go, `width` floats further.
  void (*multiply)(const Panels& panels, const float* strip, int64_t width, int64_t pixels,
                   const StripTarget& target, const Planes (&next)[2]);

  /// from * gain + shift; `to` may be `from`. What goes past the caches is aligned to a cache line.
  void (*scale)(const float* from, float* to, int64_t count, float gain, float shift, bool past_caches);
  void (*copy)(const float* from, float* to, int64_t count, bool past_caches);
  float (*dot)(const float* a, const float* b, int64_t count);
  /// After the last store past the caches, before another thread may read.
  void (*settle)();
};

extern const Kernels portable_kernels;
#if defined(__x86_64__)
extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;
#endif

}  // namespace ablate::kernels
