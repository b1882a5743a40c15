// Hidden: `tests_torch "[figures]"` prints what the kernels attain of the multiply-adds that the processor
// can do: the depthwise convolution alone, and the steps of whole calls. One thread. Nothing is asserted of
// speed.

#include "ablate/kernels/cpu/image_run.hpp"
#include "ablate/kernels/cpu/kernels.hpp"
#include "ablate/kernels/cpu/plan.hpp"
#include "ablate/measure/fma_chains.hpp"
#include "ablate/stats/batches.hpp"
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

/// Seconds of a step, image after image, and the multiply-adds that it does for each, direct products
/// counted.
struct Step {
  const char* name;
  double work = 0;
  std::vector<double> seconds = {};

  void print(double per_second) const {
    if (work > 0)
      std::printf("  %s %.1f us, %.0f %%", name, 1e6 * ablate::median(seconds),
                  100 * work / ablate::median(seconds) / per_second);
    else
      std::printf("  %s %.1f us", name, 1e6 * ablate::median(seconds));
  }
};

double work_of(const std::optional<PackedPointwise>& pointwise) {
  return pointwise ? static_cast<double>(pointwise->rows * pointwise->columns) : 0;
}

/// Prints what each step of a call takes.
void print_steps(const NamedBlock& named, const ImageShape& shape, Capability capability) {
  const PackedBlock block(named.parts, kernels_of(capability));
  const Plan plan(block, shape, 1);
  const auto input = at::randn({shape.batch, block.in_channels, shape.height, shape.width});
  const auto output = at::empty({shape.batch, block.out_channels, shape.height, shape.width});
  AlignedFloats scratch(ImageRun::scratch_floats(block, plan));
  const auto pixels = static_cast<double>(shape.batch * plan.pixels());
  const auto k = static_cast<double>(block.kernel_size);
  const auto adjusting = work_of(block.adjust_active) + work_of(block.adjust_passive);
  Step adjust{"adjust", pixels * adjusting},
      convolve{"convolve", pixels * static_cast<double>(block.active) * k * k},
      finish{"finish", pixels * work_of(block.mix)};
  std::vector<double> peaks;
  for (int turn = 0; turn < 15; ++turn) {
    peaks.push_back(peak());
    for (auto* step : {&adjust, &convolve, &finish}) step->seconds.push_back(0);
    for (int64_t i = 0; i < shape.batch; ++i) {
      const ImageRun run(block, plan, input[i].const_data_ptr<float>(), output[i].mutable_data_ptr<float>(),
                         scratch.data());
      if (adjusting > 0) adjust.seconds.back() += seconds_of([&] { run.adjust({}); });
      convolve.seconds.back() += seconds_of([&] { run.convolve({}); });
      finish.seconds.back() += seconds_of([&] { run.finish({}); });
    }
  }
  std::printf("%s, %s, %lld, %lld to %lld, %lld x %lld:", block.kernels->name, named.name.c_str(),
              static_cast<long long>(shape.batch), static_cast<long long>(block.in_channels),
              static_cast<long long>(block.out_channels), static_cast<long long>(shape.height),
              static_cast<long long>(shape.width));
  if (adjusting > 0) adjust.print(ablate::median(peaks));
  convolve.print(ablate::median(peaks));
  finish.print(ablate::median(peaks));
  std::printf("\n");
}

}  // namespace

TEST_CASE("where the time of a call goes", "[.][figures][kernels]") {
  struct Cell {
    int64_t in, out;
    ImageShape shape;
  };
  for (const auto capability : capabilities())
    for (const auto& [in, out, shape] :
         {Cell{64, 64, {1, 64, 64}}, Cell{192, 192, {1, 64, 64}}, Cell{64, 64, {16, 64, 64}},
          Cell{64, 64, {1, 256, 256}}, Cell{96, 96, {3, 56, 56}}, Cell{40, 40, {8, 28, 28}},
          Cell{24, 24, {2, 100, 75}}, Cell{48, 48, {1, 7, 7}}, Cell{128, 128, {5, 33, 65}},
          Cell{128, 192, {1, 64, 64}}})
      for (const auto& block : blocks({.in = in, .out = out})) print_steps(block, shape, capability);
  SUCCEED();
}

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
