#include "ablate/kernels/cuda/choose.hpp"

#include "ablate/kernels/cuda/launch.hpp"
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

// The numbers below are fitted to measured plans of DWBlock and STMBlock on an H200, float32, 7 x 7, launches
// that overlap: those of `once` to 5,232 of 81 shapes, the others to 5,234 of 53; those of the tensor cores
// to 218 of 20 shapes in float16, those of warp-groups to 706 of 44 shapes in float32 and 339 of 35 in
// float16; where these convolve on the tensor cores, only their factors, to 7 shapes. How well they choose:
// docs/kernels.md.

/// Of a strip of 16 rows by 64 columns of a warp on the tensor cores: cycles of a scheduler, and what passes
/// by.
constexpr double strip_cycles = 1292, strip_passing = 420;

/// Of blocks of warp-groups, cycles.
struct WarpgroupCosts {
  double convolution;  ///< by what issuing it takes
  double product;      ///< of 64 pixels by 16 inputs for an output channel, on the tensor cores
  double output;       ///< a pixel of an output channel
  double byte;         ///< read or written
  double step;         ///< until a warp-group is through 64 pixels by 16 inputs
  double late;         ///< where passive channels are asked for behind the convolution
  double meeting;      ///< of a round, its first tile included
  double launch;
  double element;  ///< instructions of an element of a tile that is not fetched by the copy engine
};
constexpr WarpgroupCosts warpgroup_costs{0.886, 4.74, 0.110, 0.0185, 250, 376, 4597, 3110, 20.8};
constexpr WarpgroupCosts warpgroup_halves_costs{1.161, 0.989, 0.202, 0.00676, 238, 318, 4546, 2948, 0};

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

/// Of the plans that are offered, the first of the fewest cycles.
template <class Plan, class Problem>
struct Choice {
  const Problem& problem;
  const Device& device;
  double least = std::numeric_limits<double>::infinity();  ///< cycles, of the best or of what it must beat
  std::optional<Plan> best{};

  void offer(const std::optional<Plan>& plan) {
    if (!plan) return;
    const double cycles = estimate(*plan, problem, device).total();
    if (cycles < least) best = plan, least = cycles;
  }
};

}  // namespace

Estimate estimate(const OncePlan& plan, const DepthwiseGate& p, const Device& device) {
  const OnceInstance& t = *plan.instance;
  const OnceTiling& tiling = plan.tiling;
  const bool vectors = p.width % 4 == 0;
  double instructions = product_instructions(p.kernel, t.rows) + 746 + (t.rows == 8 ? 70 : 0);
  if (!t.boxes) {
    const double elements = static_cast<double>(tiling.in_width) * tiling.in_height * tiling.planes;
    instructions += (vectors ? 21.9 : 9.7) * elements / plan.threads;
  }
  // Rows are put together before they are written, or leave element by element.
  if (!vectors) instructions += (tiling.tiles_x == 1 ? 204.0 : 466.0) * t.rows;
  if (t.passes && vectors) instructions += 45.0 * t.rows;
  if (t.passes && !vectors) {
    const double area = static_cast<double>(p.height) * p.width;
    instructions +=
        59 * p.passive * area / (p.height * p.width % 4 == 0 ? 4 : 1) / plan.blocks / plan.threads;
  }
  // A block's warps are dealt to the schedulers in turn, which leaves some with one less.
  const double blocks = blocks_a_multiprocessor(plan.grid, device), warps = plan.threads / 32.0,
               dealt = schedulers * std::ceil(warps / schedulers);
  Estimate e;
  e.issue = plan.rounds * issued(instructions, blocks * (0.863 * warps + 0.137 * dealt), 3.3, 0.807);
  const double words =
      plan.blocks > 1 && p.gain_floats > 0 ? static_cast<double>(p.active) * tiling.tiles : 0;
  const double asked = words * plan.grid / plan.rounds;  // all blocks ask for all words
  // The warps of a block wait for one another at each of its barriers: small blocks lose less.
  const double together = (t.passes ? 375 : 160) * warps;
  e.meeting = plan.rounds *
              (together + 300 * load_batches(words, 1, plan.threads) + 0.0141 * asked + 287 * (blocks - 1));
  e.meeting += 4380.0 * (plan.rounds - 1);  // a launch ends before the next goes far
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
  const bool halves = bytes_of(t.element) == 2;
  const WarpgroupCosts& cost = halves ? warpgroup_halves_costs : warpgroup_costs;
  const double blocks = blocks_a_multiprocessor(plan.grid, device),
               mean_blocks = static_cast<double>(plan.grid) / device.multiprocessors;
  const double pixels = static_cast<double>(t.tile_width) * t.tile_height;
  const double outputs = pixels * t.columns * plan.passes;
  const int in_height = t.tile_height + p.kernel - 1;

  // Cycles of a multiprocessor for one sample's channels of its blocks.
  const auto on_tensor_cores = [&] {
    const int warps = t.threads / 32;
    return ceil_div(plan.share * t.tile_height / t.rows, warps) * issued(strip_cycles, blocks * warps, 2.62);
  };
  double instructions = tile_instructions(p.kernel, t.rows);
  if (halves) instructions += 10.0 * (t.rows + p.kernel - 1);  // columns that become float32
  if (!t.boxes) instructions += cost.element * t.chunk * (t.tile_width + 8) * in_height / t.threads;
  const double convolution = t.strips ? on_tensor_cores()
                                      : blocks * cost.convolution * plan.share * pixels / 4 / t.rows / 32 *
                                            instructions / schedulers;
  const auto steps =
      static_cast<double>(plan.passes * (ceil_div(p.active, warpgroup_step) +
                                         ceil_div(p.passive, warpgroup_step * t.ahead) * t.ahead));
  const double bytes =
      bytes_of(t.element) * (plan.share * (t.tile_width + 32.0 / bytes_of(t.element)) * in_height +
                             plan.passes * pixels * p.passive + outputs);
  double latency = cost.step * t.tiles * t.parts * steps + (t.early ? 0 : cost.late);
  if (p.active > 0) latency += cost.meeting;
  Estimate e;
  e.issue = plan.rounds *
            (convolution + blocks * (cost.product * pixels / 64 * t.columns * steps + cost.output * outputs) +
             mean_blocks * cost.byte * bytes + latency);
  e.issue *= t.measured;
  e.meeting = cost.launch * t.measured;
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
  Choice<OncePlan, DepthwiseGate> choice{problem, device};
  for (const auto& instance : once_instances()) {
    if (instance.boxes && device.major < 9) continue;
    if (instance.element != problem.element || instance.kernel != problem.kernel) continue;
    for (const auto& tiling : once_tilings(once_cut(instance, problem)))
      choice.offer(plan_once(instance, problem, tiling, device.multiprocessors));
  }
  return choice.best;
}

std::optional<ResidentPlan> choose_resident(const DepthwiseGate& problem, const Device& device) {
  Choice<ResidentPlan, DepthwiseGate> choice{problem, device};
  for (const auto& instance : resident_instances()) {
    if (instance.boxes && device.major < 9) continue;
    for (int units = 1; units <= most_units; ++units)
      for (int slots = units; slots <= units + (instance.tended ? 1 : 0); ++slots)
        choice.offer(plan_resident(instance, problem, units, slots, device.multiprocessors));
  }
  return choice.best;
}

std::optional<MixingPlan> choose_mixing(const Mixing& problem, const Device& device) {
  Choice<MixingPlan, Mixing> choice{problem, device, estimate_general(problem, device).total()};
  for (const auto& instance : mixing_instances())
    if (!instance.boxes || device.major >= 9)
      choice.offer(plan_mixing(instance, problem, device.multiprocessors));
  return choice.best;
}

std::optional<WarpgroupPlan> choose_warpgroup(const Mixing& problem, const Device& device) {
  if (device.major != 9) return std::nullopt;
  Choice<WarpgroupPlan, Mixing> choice{problem, device};
  // Of three launches the estimate is too low where they are short: 15 us for 26 measured at 3, 96, 56 x 56.
  if (problem.gate.active > 0) choice.least = 1.5 * estimate_general(problem, device).total();
  for (const auto& instance : warpgroup_instances())
    choice.offer(plan_warpgroup(instance, problem, device.multiprocessors));
  return choice.best;
}

}  // namespace ablate::kernels::cuda
