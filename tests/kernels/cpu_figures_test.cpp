// Hidden: `tests_torch "[figures]"` prints what the depthwise convolution attains of the multiply-adds that
// the processor can do. Nothing is asserted of speed.

#include "ablate/kernels/cpu/kernels.hpp"
#include "ablate/kernels/cpu/plan.hpp"
#include "ablate/measure/fma_chains.hpp"
#include "catch.hpp"
#include "kernels/cpu_blocks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace ablate::kernels;
using namespace ablate::kernels::testing;

namespace {

template <typename Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Multiply-adds a second of chains in registers.
double peak() {
  double sum = 0, flops = 0;
  const auto seconds = seconds_of([&] {
    const auto run = ablate::fma_chains(4000);
    sum = run.sum;
    flops = static_cast<double>(run.flops);
  });
  return sum > 0 ? flops / 2 / seconds : 0;
}

}  // namespace

TEST_CASE("what the depthwise convolution attains", "[.][figures][kernels]") {
  constexpr int64_t k = 7, side = 64, turns = 3000, planes = 15;
  const PackedBlock block(dw_block({.in = 1, .out = 1, .kernel = k}), kernels_of(best_capability()));
  const Plan plan(block, {1, side, side}, 1);
  const auto& kernels = *block.kernels;
  AlignedFloats source(side * side), target(side * side), buffer(kernels.depthwise_buffer(k, plan.tiling));
  std::generate_n(source.data(), side * side, [x = 0.F]() mutable { return x = 0.7F - x * 1.001F; });
  kernels.prepare(k, plan.tiling, buffer.data());
  std::vector<double> shares;
  double sum = 0;
  for (int64_t turn = 0; turn < turns; ++turn) {
    const auto before = peak();
    const auto seconds = seconds_of([&] {
      for (int64_t plane = 0; plane < planes; ++plane)
        for (int64_t band = 0; band < plan.tiling.bands; ++band)
          sum += static_cast<double>(kernels.depthwise(
              k, plan.tiling, {source.data(), target.data(), block.depthwise_of(0), 0.1F, band},
              buffer.data()));
    });
    const auto direct = static_cast<double>(planes * side * side * k * k);
    shares.push_back(direct / seconds / ((before + peak()) / 2));
  }
  std::sort(shares.begin(), shares.end());
  const auto at = [&](double q) { return 100 * shares[static_cast<std::size_t>(q * turns)]; };
  std::printf(
      "%s, %lld x %lld, counted as direct products, of the multiply-adds that chains in registers reach:\n"
      "median %.0f %%, 10th to 90th percentile %.0f to %.0f %%\n",
      kernels.name, static_cast<long long>(side), static_cast<long long>(side), at(0.5), at(0.1), at(0.9));
  CHECK(sum > 0);
}
