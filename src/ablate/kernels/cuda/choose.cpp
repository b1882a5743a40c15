#include "ablate/kernels/cuda/choose.hpp"

#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate::kernels::cuda {
namespace {

constexpr double schedulers = 4;         // of a multiprocessor, one instruction a cycle each
constexpr double load_round_trip = 750;  // cycles to the second cache and back
constexpr double cycles_a_microsecond = 1900;

/// Instructions of one thread for one tile: the products, loads of rows and kernel.
double product_instructions(int kernel, int rows) {
  return rows * 4.0 * kernel * kernel + 3.0 * (rows + kernel - 1) + kernel * kernel / 4.0;
}
/// And the rest.
double tile_instructions(int kernel, int rows) {
  return product_instructions(kernel, rows) + 37.0 * rows + 120;
}

/// Loads that a thread waits for behind one another, four at a time.
double load_batches(double words, int words_a_load, int threads) {
  return std::ceil(std::ceil(words / words_a_load / threads) / 4);
}

double gathering(int blocks, int width, int threads) {
  return width == 0 ? 0
                    : load_round_trip * (1 + load_batches(static_cast<double>(blocks) * width, 2, threads));
}

double blocks_a_multiprocessor(int grid, const Device& device) {
  return std::ceil(static_cast<double>(grid) / device.multiprocessors);
}

/// Cycles until so many instructions of each of `warps` warps of a multiprocessor are through: many warps
/// share the schedulers, which are then filled to `filled`; one alone needs `alone` cycles an instruction.
/// Between the two, a smooth maximum.
double issued(double instructions, double warps, double alone, double filled = 0.85) {
  return instructions * std::cbrt(std::pow(warps / schedulers / filled, 3) + std::pow(alone, 3));
}

// The numbers below are fitted to 5,234 measured plans of DWBlock and STMBlock in 53 shapes on an H200,
// float32, 7 x 7, launches that overlap; those of the tensor cores to 218 of 20 shapes in
// float16, those of warp-groups to 166 of 13 shapes. How well they choose: docs/kernels.md.

/// Of a strip of 16 rows by 64 columns of a warp on the tensor cores: cycles of a scheduler, and what passes
/// by.
constexpr double strip_cycles = 1292, strip_passing = 420;

/// Of a resident plan with a warp that tends the others.
Estimate estimate_tended(const ResidentPlan& plan, const DepthwiseGate& p, const Device& device) {
  const ResidentInstance& t = *plan.instance;
  const double warps = blocks_a_multiprocessor(plan.grid, device) * (t.threads / 32.0 - 1);
  double instructions = tile_instructions(p.kernel, t.rows) + 60 + 102.0 * t.rows;
  if (t.passes) instructions += 59.0 * t.rows + (t.rows == 8 ? 345 : 0);
  Estimate e;
  e.issue = plan.units * plan.rounds * issued(instructions, warps, 1.31, 0.91);
  const double batches = load_batches(static_cast<double>(plan.blocks) * p.basis_width, 2, 64);
  // Gates come late where no slot is spare.
  e.meeting = 4600 + 1107 * batches + (plan.slots > plan.units ? 0 : 2980.0 * (plan.rounds - 1));
  return e;
}

}  // namespace

Estimate estimate(const OncePlan& plan, const DepthwiseGate& p, const Device& device) {
  const OnceInstance& t = *plan.instance;
  const OnceTiling& tiling = plan.tiling;
  const bool vectors = p.width % 4 == 0;
  double instructions = product_instructions(p.kernel, t.rows) + 1100 + (t.rows == 8 ? 220 : 0);
  if (!t.boxes) {
    const double elements = static_cast<double>(tiling.in_width) * tiling.in_height * tiling.planes;
    instructions += (vectors ? 28 : 20) * elements / plan.threads;
  }
  // Rows are put together before they are written, or leave element by element.
  if (!vectors) instructions += (tiling.tiles_x == 1 ? 132.0 : 340.0) * t.rows;
  if (t.passes && vectors) instructions += 73.0 * t.rows;
  if (t.passes && !vectors) {
    const double area = static_cast<double>(p.height) * p.width;
    instructions +=
        162 * p.passive * area / (p.height * p.width % 4 == 0 ? 4 : 1) / plan.blocks / plan.threads;
  }
  // A multiprocessor that has a block more than others ends later, and begins the next launch later. A
  // block's warps are dealt to the schedulers in turn, which leaves some with one less.
  const double busiest = blocks_a_multiprocessor(plan.grid, device);
  const double blocks =
      0.85 * busiest + 0.15 * std::max(1.0, static_cast<double>(plan.grid) / device.multiprocessors);
  const double warps = blocks * plan.threads / 32,
               dealt = schedulers * std::ceil(busiest * plan.threads / 32 / schedulers);
  Estimate e;
  e.issue = plan.rounds * issued(instructions, std::max(warps, 0.81 * dealt + 0.19 * warps), 2.31, 0.99);
  const double words =
      plan.blocks > 1 && p.gain_floats > 0 ? static_cast<double>(p.active) * tiling.tiles : 0;
  const double asked = words * plan.grid / plan.rounds;  // all blocks ask for all words
  e.meeting = plan.rounds *
              (1010 + 1280 * load_batches(words, 1, plan.threads) + 0.0036 * asked + 220 * (blocks - 1));
  e.meeting += 4500.0 * (plan.rounds - 1);  // a launch ends before the next goes far
  return e;
}

Estimate estimate(const ResidentPlan& plan, const DepthwiseGate& p, const Device& device) {
  const ResidentInstance& t = *plan.instance;
  if (t.tended) return estimate_tended(plan, p, device);
  const double warps = blocks_a_multiprocessor(plan.grid, device) * t.threads / 32.0;
  const int group_threads = t.threads / t.groups;
  double instructions = tile_instructions(p.kernel, t.rows) + 140;
  if (!t.boxes) instructions += 38.0 * (t.tile_width + 8) * (t.tile_height + t.kernel) / group_threads;
  instructions += 96.0 * t.rows;  // into the stash and out of it
  if (t.passes) instructions += 101.0 * t.rows + (t.rows == 8 ? 566 : 0);
  const double batches = load_batches(static_cast<double>(plan.blocks) * p.basis_width, 2, group_threads);
  Estimate e;
  if (t.on_tensor) {
    e.issue = plan.units * plan.rounds * issued(strip_cycles + (t.passes ? strip_passing : 0), warps, 2.62);
    e.meeting = 6950 + 2090.0 * (plan.rounds - 1);
  } else {
    e.issue = plan.units * plan.rounds * issued(instructions, warps, 1.2, 0.92);
    e.meeting = 4550 + 1876 * batches + (plan.rounds - 1) * (1964.0 + 830 * (t.groups - 1));
  }
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

Estimate estimate(const WarpgroupPlan& plan, const Mixing& problem, const Device& device) {
  const WarpgroupInstance& t = *plan.instance;
  const DepthwiseGate& p = problem.gate;
  const double blocks = blocks_a_multiprocessor(plan.grid, device);
  const double chunks = std::ceil(static_cast<double>(plan.share) / t.chunk);
  const int bytes = bytes_of(t.element);
  const bool halves = bytes == 2;
  // Ten columns of each row of 16-bit elements become float32.
  const double converting = halves ? 10.0 * (t.rows + p.kernel - 1) : 0;
  const double convolution =
      chunks * issued(tile_instructions(p.kernel, t.rows) + converting, blocks * t.threads / 32.0, 2.7);
  // Three products of 64 pixels by 8 inputs for each output channel: bound by the tensor cores, or by how
  // long a warp-group takes for a step of its own. Of 16-bit elements one product of 16 inputs, bound by what
  // is issued around it; these numbers are not fitted yet.
  const double steps = plan.passes * (padded_active(p.active, bytes) + padded_passive(p.passive)) /
                       static_cast<double>(warpgroup_step(bytes));
  const double squares = static_cast<double>(t.tile_width) * t.tile_height / 64 * t.columns;
  const double products = std::cbrt(std::pow(blocks * squares * steps * (halves ? 1.5 : 5.5), 3) +
                                    std::pow((halves ? 150 : 198) * t.tiles * steps, 3));
  Estimate e;
  e.issue = plan.rounds * (convolution + products + 1280 * blocks);
  e.meeting = 6590 + 1810.0 * (plan.rounds - 1);
  // Without a convolution nothing hides that activations come from memory but another block.
  if (p.active == 0 && blocks == 1) e.issue += 2000.0 * plan.rounds;
  if (p.active == 0 && t.cluster > 1) e.meeting += 200;  // as blocks are waited for that have nothing to send
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
    for (int units = 1; units <= most_units; ++units)
      for (int slots = units; slots <= units + (instance.tended ? 1 : 0); ++slots) {
        const auto plan = plan_resident(instance, problem, units, slots, device.multiprocessors);
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

std::optional<WarpgroupPlan> choose_warpgroup(const Mixing& problem, const Device& device) {
  std::optional<WarpgroupPlan> best;
  if (device.major != 9) return best;
  // Of three launches the estimate is too low where they are short: 15 us for 26 measured at 3, 96, 56 x 56.
  double least = problem.gate.active > 0 ? 1.5 * estimate_general(problem, device).total()
                                         : std::numeric_limits<double>::infinity();
  for (const auto& instance : warpgroup_instances()) {
    const auto plan = plan_warpgroup(instance, problem, device.multiprocessors);
    if (!plan) continue;
    const double cycles = estimate(*plan, problem, device).total();
    if (cycles < least) best = plan, least = cycles;
  }
  return best;
}

}  // namespace ablate::kernels::cuda
