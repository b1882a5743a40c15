#include "ablate/kernels/cpu/plan.hpp"

#include "ablate/base/cpu_caches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace ablate::kernels {
namespace {

constexpr int64_t float_bytes = sizeof(float), line_floats = 64 / float_bytes;

/// A worker's least share, multiply-adds: what a fork and a join take, several times over.
constexpr int64_t least_share = 100'000;

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }

/// Intel's processors with 512-bit vectors give two of the load units' slots to a load that falls into two
/// cache lines, and then the form with fewer loads pays. AMD's multiply half as many numbers a cycle, and do
/// not wait for loads.
bool loads_bound_products() {
#if defined(__x86_64__)
  return __builtin_cpu_is("intel") != 0;
#else
  return false;
#endif
}

/// What a band of so many pairs of rows takes, in pairs of an infinite one: products of a tile with fewer
/// rows than `least_rows` wait for each other (two a cycle, each four cycles long), and a band is filled with
/// k/2 pairs more than it has.
double cost_of_band(int64_t pairs, int64_t tile_pairs, int64_t kernel_size) {
  constexpr int64_t least_rows = 8;
  constexpr double fill = 0.1;
  if (pairs == 0) return 0;
  const auto tile = divide_up(pairs, divide_up(pairs, tile_pairs)), rest = pairs % tile;
  const auto rows = pairs / tile * std::max(tile, least_rows) + (rest > 0 ? std::max(rest, least_rows) : 0);
  return static_cast<double>(rows) + fill * static_cast<double>(pairs + kernel_size / 2);
}

/// Blocks of columns as equal as the vectors allow; of the rows as many as three quarters of the first cache
/// hold, three streams of them, or fewer where that is quicker. Of narrow images half: source and result stay
/// there too.
Tiling tile(const PackedBlock& block, const ImageShape& shape) {
  Tiling tiling{.height = shape.height, .width = shape.width};
  tiling.across = loads_bound_products();
  const auto blocks = divide_up(shape.width, most_columns), lanes = block.kernels->lanes,
             tile_pairs = block.kernels->tile_pairs;
  tiling.columns = blocks <= 1 ? shape.width : round_up(divide_up(shape.width, blocks), lanes);
  const auto pair_bytes = 3 * float_bytes * (round_up(tiling.columns, lanes) + 16);
  const auto room = tiling.columns <= 64 ? caches().first / 2 : caches().first * 3 / 4;
  const auto most = std::max(room / pair_bytes - block.kernel_size / 2, tile_pairs);
  const auto pairs = std::max<int64_t>(1, divide_up(shape.height, 2)), fewest = divide_up(pairs, most);
  auto least_cost = std::numeric_limits<double>::infinity();
  for (auto bands = fewest; bands <= 2 * fewest + 1 && bands <= pairs; ++bands) {
    const auto band_pairs = divide_up(pairs, bands);
    const auto cost_of = [&](int64_t band) { return cost_of_band(band, tile_pairs, block.kernel_size); };
    const auto cost =
        static_cast<double>(pairs / band_pairs) * cost_of(band_pairs) + cost_of(pairs % band_pairs);
    if (cost >= least_cost) continue;
    least_cost = cost;
    tiling.band_pairs = band_pairs;
    tiling.bands = divide_up(pairs, band_pairs);
  }
  return tiling;
}

int64_t widest_pointwise(const PackedBlock& block) {
  int64_t widest = 1;
  for (const auto* pointwise : {&block.adjust_active, &block.adjust_passive, &block.mix})
    if (*pointwise) widest = std::max(widest, (*pointwise)->columns);
  return widest;
}

/// Multiply-adds of a pixel.
int64_t pixel_work(const PackedBlock& block) {
  auto work = block.active * block.kernel_size * block.kernel_size;
  for (const auto* pointwise : {&block.adjust_active, &block.adjust_passive, &block.mix})
    if (*pointwise) work += (*pointwise)->rows * (*pointwise)->columns;
  return work;
}

}  // namespace

const Caches& caches() {
  static const Caches sizes{cpu_cache_bytes(1).value_or(32 << 10), cpu_cache_bytes(2).value_or(512 << 10),
                            cpu_cache_bytes(3).value_or(8 << 20)};
  return sizes;
}

Plan::Plan(const PackedBlock& block, const ImageShape& shape, int64_t available)
    : tiling(tile(block, shape)) {
  const auto tile_pixels = block.kernels->tile_pixels;
  const auto half_of_first = caches().first / 2 / float_bytes / widest_pointwise(block);
  strip_pixels = std::max<int64_t>(1, half_of_first / tile_pixels) * tile_pixels;

  const auto work = shape.batch * pixels() * pixel_work(block);
  workers = std::clamp<int64_t>(work / least_share, 1, available);

  const auto planes = block.in_channels + block.out_channels + (block.mix ? block.active : 0) +
                      (block.adjust_active ? block.active : 0) +
                      (block.mix && block.adjust_passive ? block.passive : 0);
  image_bytes = float_bytes * pixels() * planes;
  // Images that go from end to end on one worker each need no joins, and while one's result is written to
  // memory another's is worked out. What they pass on must be found in caches again: a worker's own, or its
  // share of the last. The rest of a batch that the workers cannot take evenly is shared image by image.
  const auto share = caches().last / workers;
  const bool apart_pays = workers == 1 || image_bytes <= std::max(caches().second, share / 3);
  images_apart = apart_pays ? shape.batch / workers * workers : 0;
  const auto through = float_bytes * shape.batch * pixels() * (block.in_channels + block.out_channels);
  ahead = through > caches().second * workers;
  // Whole cache lines are written that way, so rows must begin with one.
  past_caches = through > caches().last / 2 && shape.width % line_floats == 0;
  const auto kept = float_bytes * pixels() * block.active / (images_apart > 0 ? 1 : workers);
  apart = block.mix || (past_caches && block.recalibrates && kept <= caches().second);
}

Scheme describe(const PackedBlock& block, const Plan& plan, const ImageShape& shape) {
  const auto kibibytes = [](int64_t bytes) { return fmt::format("{} KiB", (bytes + 512) / 1024); };
  const auto& tiling = plan.tiling;
  const auto form = block.kernel_size == 1 ? "direct" : "fast-FIR";
  auto why =
      fmt::format("bands of {} x {} pixels in a first-level cache of {}",
                  std::min(2 * tiling.band_pairs, tiling.height), tiling.columns, kibibytes(caches().first));
  if (block.mix || block.adjust_active || block.adjust_passive)
    why += fmt::format("; pointwise convolutions over strips of {} pixels", plan.strip_pixels);
  if (plan.workers == 1)
    why += "; one thread";
  else
    why += fmt::format("; {} threads, {}, since an image takes {} and a core's cache has {}", plan.workers,
                       plan.images_apart == 0
                           ? std::string("all on each image")
                           : fmt::format("{} of {} images on one each", plan.images_apart, shape.batch),
                       kibibytes(plan.image_bytes), kibibytes(caches().second));
  if (plan.past_caches) why += "; last writes go past the caches";
  return {fmt::format("{} {}", block.kernels->name, form), why};
}

}  // namespace ablate::kernels
