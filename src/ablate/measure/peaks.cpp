#include "ablate/measure/peaks.hpp"

#include "ablate/base/steady.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/measure/fma_chains.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <algorithm>
#include <atomic>
#include <limits>

namespace ablate {
namespace {

/// The shortest of several: what slows a copy down is never the copy.
template <typename Work>
double shortest_s(int times, Work work) {
  double shortest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < times; ++i) {
    const auto begin = Steady::now();
    work();
    shortest = std::min(shortest, seconds_since(begin));
  }
  return shortest;
}

void wait_for(torch::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

double copy_byte_per_s(torch::Device device) {
  const auto elements = std::int64_t{1} << (device.is_cuda() ? 28 : 26);
  const auto source = torch::ones({elements}, device);
  auto target = torch::empty_like(source);
  const auto seconds = shortest_s(5, [&] {
    target.copy_(source);
    wait_for(device);
  });
  return 2 * static_cast<double>(source.nbytes()) / seconds;
}

double cpu_flop_per_s() {
  constexpr std::int64_t rounds = 200000;
  const auto threads = at::get_num_threads();
  std::atomic<double> sink = 0;
  const auto seconds = shortest_s(5, [&] {
    at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto thread = begin; thread < end; ++thread) sink = sink + fma_chains(rounds).sum;
    });
  });
  return static_cast<double>(threads) * static_cast<double>(fma_chains(rounds).flops) / seconds;
}

double cuda_flop_per_s(torch::Device device) {
  constexpr std::int64_t side = 4096;
  const MathMode exact(false);
  const auto a = torch::ones({side, side}, device), b = torch::ones({side, side}, device);
  auto product = torch::empty_like(a);
  const auto seconds = shortest_s(5, [&] {
    at::mm_out(product, a, b);
    wait_for(device);
  });
  return 2.0 * side * side * side / seconds;
}

}  // namespace

Peaks measure_peaks(const std::string& name) {
  const c10::InferenceMode inference;
  const torch::Device device(name);
  Peaks peaks{copy_byte_per_s(device), device.is_cuda() ? cuda_flop_per_s(device) : cpu_flop_per_s()};
  release_cached_memory();
  return peaks;
}

Attained attained(const Counts& counts, double latency_s, const Peaks& peaks) {
  if (!(latency_s > 0)) return {};
  const auto flops = 2 * static_cast<double>(counts.macs);
  const auto bytes = static_cast<double>(counts.bytes);
  const auto moving_s = bytes / peaks.copy_byte_per_s, multiplying_s = flops / peaks.fma_flop_per_s;
  return {flops / latency_s, bytes / latency_s, std::max(moving_s, multiplying_s) / latency_s,
          moving_s >= multiplying_s};
}

}  // namespace ablate
