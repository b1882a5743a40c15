#include "ablate/kernels/cuda/choose.hpp"

#include <algorithm>
#include <cmath>

namespace ablate::kernels::cuda {
namespace {

constexpr double schedulers = 4;         // of a multiprocessor, one instruction a cycle each
constexpr double load_round_trip = 750;  // cycles to the second cache and back
constexpr double cycles_a_microsecond = 1900;

constexpr double filled = 0.7;  // share of the issue slots, with one warp a scheduler or four

/// Instructions of one thread for one tile: the products, loads of rows and kernel, and the rest.
double tile_instructions(int kernel, int rows) {
  return rows * 4.0 * kernel * kernel + 3.0 * (rows + kernel - 1) + kernel * kernel / 4.0 + 37.0 * rows + 120;
}

/// Cycles until a group of `threads` has read the parts of `blocks` blocks, four loads of two words at a
/// time.
double gathering(int blocks, int width, int threads) {
  const double loads = std::ceil(static_cast<double>(blocks) * width / 2 / threads);
  return width == 0 ? 0 : load_round_trip * (1 + std::ceil(loads / 4));
}

/// The same where the tensor cores convolve: a strip of 16 rows by 64 columns a warp, as its machine code has them. No
/// measurement has been held against it.
constexpr double strip_instructions = 600;

double blocks_a_multiprocessor(int grid, const Device& device) {
  return std::ceil(static_cast<double>(grid) / device.multiprocessors);
}

}  // namespace

Estimate estimate(const OncePlan& plan, const DepthwiseGate& p, const Device& device) {
  const OnceInstance& t = *plan.instance;
  const double blocks = blocks_a_multiprocessor(plan.grid, device), warps = plan.threads / 32.0;
  double per_tile = tile_instructions(p.kernel, t.rows);
  if (!t.boxes) per_tile += 6.0 * plan.tiling.in_width * plan.tiling.in_height * plan.tiling.planes / plan.threads;
  if (t.passes) per_tile += 175.0 * t.rows;  // what passes by waits for memory
  Estimate e;
  e.issue = plan.rounds * blocks * warps * per_tile / schedulers / filled;
  const int words = plan.blocks > 1 && p.gain_floats > 0 ? p.active * plan.tiling.tiles : 0;
  e.meeting = plan.rounds * (3000 + (words > 0 ? gathering(words, 1, plan.threads) : 0));
  return e;
}

Estimate estimate(const ResidentPlan& plan, const DepthwiseGate& p, const Device& device) {
  const ResidentInstance& t = *plan.instance;
  const double blocks = blocks_a_multiprocessor(plan.grid, device), warps = t.threads / 32.0;
  const double group_threads = static_cast<double>(t.threads) / t.groups;
  double per_tile = tile_instructions(p.kernel, t.rows);
  if (!t.boxes) per_tile += 38.0 * (t.tile_width + 8) * (t.tile_height + t.kernel) / group_threads;
  per_tile += 55.0 * t.rows;                 // into the stash and out of it
  if (t.on_tensor) per_tile = strip_instructions;
  if (t.passes) per_tile += 175.0 * t.rows;  // what passes by waits for memory
  Estimate e;
  e.issue = blocks * warps * plan.units * plan.rounds * per_tile / schedulers / filled;
  const double wait = gathering(plan.blocks, p.basis_width, t.threads / t.groups);
  e.meeting = 4000 + wait + 1500.0 * (plan.rounds - 1) + 100.0 * (t.groups - 1) * plan.rounds;
  return e;
}

Estimate estimate(const MixingPlan& plan, const Mixing& problem, const Device& device) {
  const MixingInstance& t = *plan.instance;
  const DepthwiseGate& p = problem.gate;
  const double blocks = blocks_a_multiprocessor(plan.grid, device), warps = std::floor(t.threads / 32.0);
  const double chunks = std::ceil(static_cast<double>(p.active) / t.chunk);
  const double convolution = warps * chunks * tile_instructions(p.kernel, t.rows) / schedulers;
  const double pixels = static_cast<double>(t.tile_width) * t.tile_height, segments = pixels / 32;
  const double steps = std::ceil(p.active / 8.0) + std::ceil(p.passive / 8.0);
  const double groups = std::ceil(static_cast<double>(row_tiles(problem.channels)) / t.row_tiles);
  // A step of a row tile: 4 products, or 12, of some six cycles; then what the step does once.
  const double step =
      t.row_tiles * (t.exact ? 12 : 4) * 6.0 + 60 + (t.keeps_weights ? 0 : 15.0 * t.row_tiles);
  const double mixing = std::ceil(segments * groups / warps) * warps * steps * step / schedulers;
  Estimate e;
  // Twice what is issued, throughout: the phases of a block follow one another.
  e.issue = blocks * plan.rounds * 2.0 * (convolution * (t.boxes ? 1 : 1.3) + mixing);
  const double wait = gathering(plan.blocks, p.basis_width, t.threads);
  e.meeting = 7500 + wait + (plan.rounds - 1) * 6000.0;
  return e;
}

Estimate estimate_general(const Mixing& problem, const Device&) {
  const DepthwiseGate& p = problem.gate;
  const double pixels = static_cast<double>(p.batch) * p.height * p.width;
  const double bytes = pixels * bytes_of(p.element) * (3.0 * p.active + p.passive + problem.channels);
  const double products =
      pixels * problem.channels * (p.active + p.passive) * (p.element == Element::float32 ? 3 : 1);
  Estimate e;
  e.issue = std::max(bytes / 2.3e6, products / 40e6) * cycles_a_microsecond;  // a microsecond, as measured
  e.meeting = 8.2 * cycles_a_microsecond;                                     // of three launches
  return e;
}

std::optional<OncePlan> choose_once(const DepthwiseGate& problem, const Device& device) {
  std::optional<OncePlan> best;
  double least = 0;
  for (const auto& instance : once_instances()) {
    if (instance.boxes && device.major < 9) continue;
    if (instance.element != problem.element || instance.kernel != problem.kernel) continue;
    for (const auto& tiling : once_tilings(once_cut(instance, problem))) {
      const auto plan = plan_once(instance, problem, tiling, device.multiprocessors);
      if (!plan) continue;
      const double cycles = estimate(*plan, problem, device).total();
      if (!best || cycles < least) best = plan, least = cycles;
    }
  }
  return best;
}

std::optional<ResidentPlan> choose_resident(const DepthwiseGate& problem, const Device& device) {
  std::optional<ResidentPlan> best;
  double least = 0;
  for (const auto& instance : resident_instances()) {
    if (instance.boxes && device.major < 9) continue;
    for (int units = 1; units <= most_units; ++units) {
      const auto plan = plan_resident(instance, problem, units, device.multiprocessors);
      if (!plan) continue;
      const double cycles = estimate(*plan, problem, device).total();
      if (!best || cycles < least) best = plan, least = cycles;
    }
  }
  return best;
}

std::optional<MixingPlan> choose_mixing(const Mixing& problem, const Device& device) {
  std::optional<MixingPlan> best;
  double least = estimate_general(problem, device).total();
  for (const auto& instance : mixing_instances()) {
    if (instance.boxes && device.major < 9) continue;
    const auto plan = plan_mixing(instance, problem, device.multiprocessors);
    if (!plan) continue;
    const double cycles = estimate(*plan, problem, device).total();
    if (cycles < least) best = plan, least = cycles;
  }
  return best;
}

}  // namespace ablate::kernels::cuda
