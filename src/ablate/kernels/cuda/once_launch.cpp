#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/once.hpp"

#include <bit>

namespace ablate::kernels::cuda {
namespace {

constexpr int most_box = 256;        // elements along a side of a box
constexpr int patience = 40'000;     // cycles: some 20 microseconds, many times what blocks differ by
constexpr int most_shared = 200'000; // bytes of a tile and its rows: 227 KiB less what is static

int plane_threads_of(int threads) {
  return threads <= 32 ? std::max(least_plane_threads, static_cast<int>(std::bit_ceil(static_cast<unsigned>(threads))))
                       : (threads + 31) / 32 * 32;
}

int threads_of(const OnceTiling& t) { return (t.planes * t.plane_threads + 31) / 32 * 32; }

int shared_bytes_of(const OnceTiling& t, const DepthwiseGate& p) {
  const int means = t.planes == p.active || t.planes > 1 ? (p.active + 3) / 4 * 4 : 0;
  return once_tile_bytes(t, bytes_of(p.element)) + (t.planes * row_floats_of(p) + means) * 4;
}

bool fits(const OnceInstance& instance, const DepthwiseGate& p, const OnceTiling& t) {
  const bool box = t.in_width <= most_box && t.in_height <= most_box && t.planes <= most_box &&
                   t.in_width * bytes_of(p.element) % 16 == 0;
  return threads_of(t) <= instance.most_threads && shared_bytes_of(t, p) <= most_shared && (!instance.boxes || box);
}

/// `cuts` of them side by side, as even as columns of four allow.
OnceTiling tiling_of(const OnceInstance& instance, const DepthwiseGate& p, int cuts_x, int cuts_y, int planes) {
  OnceTiling t;
  t.columns = ceil_div(ceil_div(p.width, 4), cuts_x), t.rows = ceil_div(ceil_div(p.height, instance.rows), cuts_y);
  if (instance.boxes && bytes_of(p.element) == 2) t.columns = (t.columns + 1) / 2 * 2;  // boxes of whole 16 bytes
  t.planes = planes;
  t.plane_threads = plane_threads_of(t.columns * t.rows);
  t.tiles_x = ceil_div(p.width, 4 * t.columns);
  t.tiles = t.tiles_x * ceil_div(p.height, instance.rows * t.rows);
  t.in_width = 4 * t.columns + 2 * once_margin(bytes_of(p.element));
  t.in_height = instance.rows * t.rows + p.kernel - 1;
  return t;
}

}  // namespace

std::span<const OnceInstance> once_instances() {
  static const auto all = [] {
    std::vector<OnceInstance> list;
    add_once_float32(list), add_once_float16(list), add_once_bfloat16(list), add_once_kernels(list);
    return list;
  }();
  return all;
}

std::vector<OnceTiling> once_tilings(const OnceInstance& t, const DepthwiseGate& p) {
  std::vector<OnceTiling> found;
  const auto add = [&](const OnceTiling& tiling) {
    if (fits(t, p, tiling) && std::ranges::find(found, tiling) == found.end()) found.push_back(tiling);
  };
  const int columns = ceil_div(p.width, 4), rows = ceil_div(p.height, t.rows);
  const int least_x = ceil_div(columns, std::min(64, t.most_threads));
  for (int cuts_x = least_x; cuts_x <= std::min(columns, least_x + 3); ++cuts_x)
    for (int cuts_y = 1; cuts_y <= std::min(rows, 64); ++cuts_y) {
      const OnceTiling one = tiling_of(t, p, cuts_x, cuts_y, 1);
      add(one);
      for (int planes = 2; one.tiles == 1 && planes <= p.active && planes * one.plane_threads <= t.most_threads; ++planes)
        add(tiling_of(t, p, cuts_x, cuts_y, planes));
    }
  return found;
}

std::optional<OncePlan> plan_once(const OnceInstance& t, const DepthwiseGate& p, const OnceTiling& tiling,
                                  int multiprocessors) {
  if (t.element != p.element || t.kernel != p.kernel || (p.passive > 0) != t.passes ||
      (t.boxes && !boxable(p)) || p.batch < 1 || !p.gain_rows)
    return std::nullopt;
  OncePlan plan;
  plan.instance = &t, plan.tiling = tiling;
  plan.threads = threads_of(tiling), plan.shared_bytes = shared_bytes_of(tiling, p);
  const int64_t blocks = static_cast<int64_t>(ceil_div(p.active, tiling.planes)) * tiling.tiles;
  const auto arrangement = arrange(blocks, capacity(t.function, plan.threads, plan.shared_bytes, multiprocessors), p.batch);
  if (!arrangement) return std::nullopt;
  static_cast<Arrangement&>(plan) = *arrangement;
  return plan;
}

cudaError_t launch_once(const OncePlan& plan, const DepthwiseGate& p, const Rendezvous& meeting, cudaStream_t stream) {
  const OnceInstance& t = *plan.instance;
  CUtensorMap map{};
  if (t.boxes && encode_source(&map, p, plan.tiling.in_width, plan.tiling.in_height, plan.tiling.planes) != CUDA_SUCCESS)
    return cudaErrorInvalidValue;
  OnceArguments a{};
  a.gate = p, a.meeting = meeting, a.tiling = plan.tiling;
  const auto by = [](int divisor) { return Divisor::of(static_cast<unsigned>(divisor)); };
  a.by_tiles = by(plan.tiling.tiles), a.by_tiles_x = by(plan.tiling.tiles_x), a.by_columns = by(plan.tiling.columns);
  a.by_plane_threads = by(plan.tiling.plane_threads), a.by_in_height = by(plan.tiling.in_height);
  a.blocks = plan.blocks, a.patience = patience;
  a.planes = static_cast<int>(p.source.sample_stride / std::max<int64_t>(1, p.source.channel_stride));
  a.inverse_area = static_cast<float>(1.0 / (static_cast<double>(p.height) * p.width));
  a.wide = wide(p);
  a.paired = a.wide && p.passive > 0 && p.passive == p.active;
  for (a.first_sample = 0; a.first_sample < p.batch; a.first_sample += plan.samples) {
    void* values[] = {&map, &a};
    const dim3 grid(static_cast<unsigned>(plan.blocks),
                    static_cast<unsigned>(std::min(plan.samples, p.batch - a.first_sample)));
    const auto error = cudaLaunchKernel(t.function, grid, dim3(static_cast<unsigned>(plan.threads)), values,
                                        static_cast<std::size_t>(plan.shared_bytes), stream);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace ablate::kernels::cuda
