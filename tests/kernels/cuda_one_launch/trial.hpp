#pragma once

#include "ablate/kernels/cuda/mixing.hpp"
#include "ablate/kernels/cuda/once.hpp"
#include "ablate/kernels/cuda/resident.hpp"
#include "cuda_one_launch/problem.hpp"

#ifdef ABLATE_EMULATED
#include "emulation.hpp"
#endif

/// A problem in device memory, and launches of one plan.

namespace ablate::kernels::cuda {

using general::must;

constexpr int64_t kRowsBeyond = 256;  ///< of filters, which a box may read beyond the last channel

inline std::vector<double> packed_filters(const Problem& p, const Numbers& numbers) {
  const int64_t taps = p.kernel * p.kernel, padded = padded_taps(p.kernel);
  std::vector<double> rows(static_cast<size_t>((p.active + kRowsBeyond) * padded));
  for (int64_t c = 0; c < p.active; ++c) {
    for (int64_t i = 0; i < taps; ++i)
      rows[static_cast<size_t>(c * padded + i)] = numbers.weight[static_cast<size_t>(c * taps + i)];
    rows[static_cast<size_t>(c * padded + taps)] = numbers.bias[static_cast<size_t>(c)];
  }
  return rows;
}

/// Each channel's kernel and bias, then its rows of these: [active, width] each, or nothing.
inline std::vector<double> joined(const Problem& p, const std::vector<double>& filters,
                                  const std::vector<std::vector<double>>& rows) {
  std::vector<double> all;
  const auto add = [&](const std::vector<double>& from, int64_t channel, int64_t width) {
    all.insert(all.end(), from.begin() + channel * width, from.begin() + (channel + 1) * width);
  };
  for (int64_t c = 0; c < p.active; ++c) {
    add(filters, c, padded_taps(p.kernel));
    for (const auto& row : rows) add(row, c, static_cast<int64_t>(row.size()) / p.active);
  }
  return all;
}

inline int64_t gain_floats(const Problem& p) { return p.basis_width > 0 ? (p.active + 3) / 4 * 4 : 0; }
inline bool shifts(const Problem& p) { return p.basis_width > 0 && p.shift; }

/// rows . basis, [active, gain_floats].
inline std::vector<double> products(const Problem& p, const std::vector<double>& rows,
                                    const std::vector<double>& basis) {
  const int64_t width = gain_floats(p);
  std::vector<double> gains(static_cast<size_t>(p.active * width));
  for (int64_t c = 0; c < p.active; ++c)
    for (int64_t other = 0; other < p.active; ++other)
      for (int64_t k = 0; k < p.basis_width; ++k)
        gains[static_cast<size_t>(c * width + other)] +=
            rows[static_cast<size_t>(c * p.basis_width + k)] *
            basis[static_cast<size_t>(other * p.basis_width + k)];
  return gains;
}

inline std::vector<double> packed_rows(const Problem& p, const Numbers& numbers) {
  std::vector<std::vector<double>> rows;
  if (p.basis_width > 0) rows = {numbers.basis, numbers.scale};
  if (shifts(p)) rows.push_back(numbers.shift);
  return joined(p, packed_filters(p, numbers), rows);
}

inline std::vector<double> packed_gains(const Problem& p, const Numbers& numbers) {
  std::vector<std::vector<double>> rows;
  if (p.basis_width > 0) rows = {products(p, numbers.scale, numbers.basis)};
  if (shifts(p)) rows.push_back(products(p, numbers.shift, numbers.basis));
  return joined(p, packed_filters(p, numbers), rows);
}

inline std::vector<double> packed_mix(const Problem& p, const Numbers& numbers) {
  const int channels = static_cast<int>(p.channels), active = static_cast<int>(p.active);
  std::vector<double> packed(
      static_cast<size_t>(packed_mix_floats(channels, active, static_cast<int>(p.passive))));
  for (int m = 0; m < channels; ++m)
    for (int k = 0; k < p.in_channels(); ++k)
      packed[static_cast<size_t>(packed_mix_index(m, k, channels, active))] =
          numbers.mix[static_cast<size_t>(m * p.in_channels() + k)];
  return packed;
}

inline std::vector<double> padded(std::vector<double> values, int64_t count) {
  values.resize(static_cast<size_t>(count));
  return values;
}

/// The device's side of a problem.
class Trial {
 public:
  Trial(const Problem& p, uint64_t seed)
      : problem(p),
        numbers(p, seed),
        input(p.element, numbers.input, p.off),
        filters(Element::float32, packed_filters(p, numbers)),
        basis(Element::float32, numbers.basis),
        scale(Element::float32, numbers.scale),
        shift(Element::float32, numbers.shift),
        rows(Element::float32, packed_rows(p, numbers)),
        gain_rows(Element::float32, packed_gains(p, numbers)),
        mix(Element::float32, packed_mix(p, numbers)),
        mix_bias(Element::float32, padded(numbers.mix_bias, row_tiles(static_cast<int>(p.channels)) * 16)),
        output(p.element, p.batch * p.out_channels() * p.area(), p.off) {
    for (int64_t sample = 0; sample < p.batch; ++sample)
      for (const auto& plane : numbers.expected(p, sample))
        expected.insert(expected.end(), plane.begin(), plane.end());
  }

  DepthwiseGate gate() const {
    const Problem& p = problem;
    const int64_t area = p.area(), in = p.in_channels() * area, out = p.out_channels() * area;
    const auto plane = [&](const Memory& memory, int64_t number) {
      return memory.as<char>() + number * area * bytes_of(p.element);
    };
    DepthwiseGate g;
    g.element = p.element, g.kernel = p.kernel;
    g.batch = static_cast<int>(p.batch), g.height = static_cast<int>(p.height),
    g.width = static_cast<int>(p.width);
    g.active = static_cast<int>(p.active), g.passive = static_cast<int>(p.passive);
    g.basis_width = static_cast<int>(p.basis_width);
    g.source = {plane(input, numbers.active_plane(p, 0)), in, area};
    if (p.passive > 0) g.passed = {plane(input, numbers.passive_plane(p, 0)), in, area};
    if (p.channels == 0) {
      const int64_t step = p.interleaved() ? 2 : 1;
      g.active_out = {plane(output, p.interleaved() ? 1 : p.passive), out, step * area};
      if (p.passive > 0) g.passive_out = {output.data(), out, step * area};
    }
    g.weights = filters.as<float>();
    g.rows = rows.as<float>(), g.gain_rows = gain_rows.as<float>();
    g.row_floats = padded_taps(g.kernel) + g.basis_width * (shifts(p) ? 3 : 2);
    g.gain_floats = static_cast<int>(gain_floats(p)), g.shifts = shifts(p);
    if (p.basis_width > 0) g.basis = basis.as<float>(), g.scale = scale.as<float>();
    if (p.basis_width > 0 && p.shift) g.shift = shift.as<float>();
    return g;
  }

  Mixing mixing() const {
    Mixing m;
    m.gate = gate();
    m.output = {output.data(), problem.out_channels() * problem.area(), problem.area()};
    m.channels = static_cast<int>(problem.channels), m.relu = problem.relu;
    m.mix = mix.as<float>(), m.mix_bias = mix_bias.as<float>();
    return m;
  }

  /// The largest error after a launch; infinite where something else was written too.
  double error() const {
    const auto actual = output.read();
    general::Error found;
    for (size_t i = 0; i < actual.size(); ++i) found.add(actual[i], expected[i]);
    const bool fenced = output.untouched_but(std::vector<bool>(actual.size(), true));
    return fenced ? found.relative() : std::numeric_limits<double>::infinity();
  }

  Problem problem;
  Numbers numbers;
  Memory input, filters, basis, scale, shift, rows, gain_rows, mix, mix_bias, output;
  std::vector<double> expected;
};

/// Memory of a plan's rendezvous.
class Meeting {
 public:
  Meeting(std::size_t words, int blocks)
      : words_(Element::float32, 2 * static_cast<int64_t>(words)), epochs_(Element::float32, blocks) {
    for (const auto* memory : {&words_, &epochs_}) memory->write_zeros();
  }
  Rendezvous get() const { return {words_.as<unsigned long long>(), epochs_.as<unsigned>()}; }

 private:
  Memory words_, epochs_;
};

/// How threads take turns in the next launch, where they are emulated.
inline void take_turns(int number) {
#ifdef ABLATE_EMULATED
  using namespace ablate::emulation;
  constexpr Order orders[] = {Order::in_turn, Order::random, Order::apart};
  constexpr Moment moments[] = {Moment::late, Moment::random, Moment::early};
  auto& all = options();
  all.order = orders[number % 3], all.copies = moments[number % 3],
  all.seed = static_cast<unsigned>(number + 1);
#else
  static_cast<void>(number);
#endif
}

/// Multiprocessors to plan for: few, so that there are several rounds.
inline int pretend(int multiprocessors) {
#ifdef ABLATE_EMULATED
  ablate::emulation::options().multiprocessors = multiprocessors;
#endif
  return multiprocessors;
}

/// Launches with one set of numbers, with another that the first one's words must not reach, and with the
/// first again, which must give the same bits.
template <class Plan, class Launch>
void check_plan(const std::string& name, const Plan& plan, const Trial& first, const Trial& second,
                double allowed, Launch launch, general::Tally& tally) {
  static int turn = 0;
  const Meeting meeting(plan.words(first.gate()), plan.grid);
  const auto run = [&](const Trial& trial) {
    take_turns(turn++);
    trial.output.poison();
    must(launch(trial, meeting.get()), "launch");
    must(cudaDeviceSynchronize(), "kernel");
    return trial.output.bytes();
  };
  const auto bits = run(first);
  const double error = first.error();
  run(second);
  const double other = second.error();
  tally.add(name, std::max(error, other), allowed, true, run(first) == bits);
}

}  // namespace ablate::kernels::cuda
