#pragma once

#include "ablate/kernels/cuda/launch.hpp"
#include "ablate/kernels/cuda/warpgroup_mixing.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"
#include "cuda_one_launch/trial.hpp"

/// The mixing kernels by warp-groups. The emulation knows neither clusters nor their products.

namespace ablate::kernels::cuda {

inline uint16_t bits_of(Element element, double value) {
  const auto single = static_cast<float>(value);
  uint16_t bits = 0;
  if (element == Element::float16) {
    const __half narrow = __float2half_rn(single);
    std::memcpy(&bits, &narrow, 2);
  } else {
    const __nv_bfloat16 narrow = __float2bfloat16_rn(single);
    std::memcpy(&bits, &narrow, 2);
  }
  return bits;
}

/// Each channel's rows of these, one behind the other: [active, width] each, or nothing.
inline std::vector<double> rows_in_turn(const Problem& p, const std::vector<std::vector<double>>& rows) {
  std::vector<double> all;
  for (int64_t c = 0; c < p.active; ++c)
    for (const auto& row : rows) {
      const auto width = static_cast<int64_t>(row.size()) / p.active;
      all.insert(all.end(), row.begin() + c * width, row.begin() + (c + 1) * width);
    }
  return all;
}

/// What a trial's weights are to warp-groups, in device memory.
class WarpgroupTrial {
 public:
  explicit WarpgroupTrial(const Trial& trial)
      : filters_(Element::float32, filters(trial.problem, trial.numbers)),
        gates_(Element::float32, gates(trial.problem, trial.numbers)),
        mix_(Element::float32, static_cast<int64_t>(mix(trial.problem, trial.numbers).size())) {
    const auto packed = mix(trial.problem, trial.numbers);
    must(cudaMemcpy(mix_.data(), packed.data(), packed.size() * sizeof(float), cudaMemcpyHostToDevice),
         "cudaMemcpy");
  }
  WarpgroupWeights get() const { return {filters_.as<float>(), gates_.as<float>(), mix_.as<float>()}; }

 private:
  static std::vector<double> filters(const Problem& p, const Numbers& numbers) {
    std::vector<std::vector<double>> rows;
    if (p.basis_width > 0) rows = {numbers.basis};
    return joined(p, packed_filters(p, numbers), rows);
  }
  static std::vector<double> gates(const Problem& p, const Numbers& numbers) {
    if (shifts(p)) return rows_in_turn(p, {numbers.scale, numbers.shift});
    return numbers.scale;
  }
  static std::vector<float> mix(const Problem& p, const Numbers& numbers) {
    const std::vector<float> bias(numbers.mix_bias.begin(), numbers.mix_bias.end());
    const int channels = static_cast<int>(p.channels), active = static_cast<int>(p.active),
              passive = static_cast<int>(p.passive);
    if (p.element == Element::float32) {
      const std::vector<float> weight(numbers.mix.begin(), numbers.mix.end());
      return warpgroup_mix(weight.data(), bias.data(), channels, active, passive);
    }
    std::vector<uint16_t> weight;
    for (const double value : numbers.mix) weight.push_back(bits_of(p.element, value));
    return warpgroup_mix_halves(weight.data(), bias.data(), channels, active, passive);
  }

  Memory filters_, gates_, mix_;
};

inline int own_multiprocessors() {
  int count = 0;
  must(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, 0), "cudaDeviceGetAttribute");
  return count;
}

/// Every instance that can be planned for `p`: with as many samples at one time as fit, with two, and with
/// one.
inline void check_warpgroups(const Problem& p, double allowed, general::Tally& tally) {
  const Trial first(p, 1), second(p, 2);
  const WarpgroupTrial weights(first), other_weights(second);
  int planned = 0;
  for (const auto& t : warpgroup_instances()) {
    if (t.element != p.element) continue;
    auto plan = plan_warpgroup(t, first.mixing(), own_multiprocessors());
    if (!plan) continue;
    ++planned;
    for (const int samples : {plan->samples, 2, 1}) {
      if (samples > plan->samples || (samples < plan->samples && samples >= p.batch)) continue;
      static_cast<Arrangement&>(*plan) =
          arrange(plan->blocks, samples * plan->blocks, static_cast<int>(p.batch)).value();
      char text[160];
      std::snprintf(
          text, sizeof text,
          ": warp-groups, %d x %d by %d, %d threads, chunks of %d, %d tiles, %d columns, cluster %d, "
          "%d steps ahead, %d passes, %d x %d blocks, %d rounds",
          t.tile_width, t.tile_height, t.rows, t.threads, t.chunk, t.tiles, t.columns, t.cluster, t.ahead,
          plan->passes, plan->blocks, plan->samples, plan->rounds);
      for (const auto begin : {Begin::behind, p.active > 0 ? Begin::early : Begin::beside})
        check_plan(
            p.name() + text + (begin == Begin::behind ? "" : ", early"), *plan, first, second, allowed,
            [&](const Trial& trial, const Rendezvous& meeting) {
              return launch_warpgroup(*plan, trial.mixing(),
                                      (&trial == &first ? weights : other_weights).get(), meeting, nullptr,
                                      {begin, Next::at_once});
            },
            tally);
      if (plan->samples == 1) break;
    }
  }
  if (planned == 0) std::printf("none   %s: warp-groups\n", p.name().c_str());
}

}  // namespace ablate::kernels::cuda
