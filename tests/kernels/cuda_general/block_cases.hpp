#pragma once

#include "ablate/kernels/cuda/depthwise.hpp"
#include "ablate/kernels/cuda/gate.hpp"
#include "cuda_general/numbers.hpp"

namespace ablate::kernels::cuda::general {

/// A block in two passes: depthwise, gate, apply. Input: passive channels, then active ones; output: passive
/// and active in turns, where there are as many.
struct BlockCase {
  Element element = Element::float32;
  int kernel_size = 7;
  int64_t batch = 2, active = 8, passive = 0, height = 28, width = 28;
  int64_t num_basis = 8;
  bool affine = false, in_place = false;
  int64_t off = 0;
  Mood mood = Mood::ordinary;

  int64_t pixels() const { return height * width; }
  int64_t channels() const { return active + passive; }
  int64_t step() const { return passive == active ? 2 : 1; }
  std::string name() const {
    return std::string("block ") + name_of(element) + " k " + std::to_string(kernel_size) + ", " +
           std::to_string(batch) + " x " + std::to_string(active) + "+" + std::to_string(passive) + " x " +
           std::to_string(height) + " x " + std::to_string(width) + (affine ? ", affine" : "") +
           (in_place ? ", in place" : "") + ", off " + std::to_string(off) + name_of(mood);
  }
  double allowed() const {
    if (element == Element::float16) return 2e-3;
    if (element == Element::bfloat16) return 1.6e-2;
    return mood == Mood::denormal ? 1e-4 : 2e-6;
  }
};

struct BlockData {
  std::vector<double> input, weight, bias, basis, scale, shift;

  explicit BlockData(const BlockCase& c) {
    Numbers numbers(static_cast<uint64_t>(c.kernel_size + c.active * 5 + c.width));
    input = numbers.some(c.element, c.batch * c.channels() * c.pixels(), c.mood);
    const auto taps = c.kernel_size * c.kernel_size;
    weight = numbers.some(c.element, c.active * taps, 2.0 / c.kernel_size);
    bias = numbers.some(c.element, c.active, c.mood == Mood::denormal ? 1e-39 : 1);
    basis = numbers.some(Element::float32, c.num_basis * c.active);
    scale = numbers.some(Element::float32, c.active * c.num_basis);
    shift = numbers.some(Element::float32, c.active * c.num_basis);
  }

  /// One channel of ReLU(depthwise), stored in the element.
  std::vector<double> convolved(const BlockCase& c, int64_t sample, int64_t channel) const {
    const double* x = input.data() + (sample * c.channels() + c.passive + channel) * c.pixels();
    const double* w = weight.data() + channel * c.kernel_size * c.kernel_size;
    const int64_t radius = c.kernel_size / 2;
    std::vector<double> y(static_cast<size_t>(c.pixels()));
    for (int64_t i = 0; i < c.height; ++i)
      for (int64_t j = 0; j < c.width; ++j) {
        double sum = bias[static_cast<size_t>(channel)];
        for (int64_t u = std::max<int64_t>(0, i - radius); u <= std::min(c.height - 1, i + radius); ++u)
          for (int64_t v = std::max<int64_t>(0, j - radius); v <= std::min(c.width - 1, j + radius); ++v)
            sum += x[u * c.width + v] * w[(u - i + radius) * c.kernel_size + v - j + radius];
        y[static_cast<size_t>(i * c.width + j)] = rounded(c.element, sum < 0 ? 0 : sum);
      }
    return y;
  }

  double gate(const BlockCase& c, const std::vector<double>& weights, int64_t channel,
              const std::vector<double>& means) const {
    double sum = 0;
    for (int64_t k = 0; k < c.num_basis; ++k) {
      double coefficient = 0;
      for (int64_t i = 0; i < c.active; ++i)
        coefficient += basis[static_cast<size_t>(k * c.active + i)] * means[static_cast<size_t>(i)];
      sum += weights[static_cast<size_t>(channel * c.num_basis + k)] * coefficient;
    }
    return sum;
  }

  /// The output, channel by channel.
  std::vector<std::vector<double>> expected(const BlockCase& c, int64_t sample) const {
    std::vector<std::vector<double>> planes;
    std::vector<double> means;
    for (int64_t i = 0; i < c.active; ++i) {
      planes.push_back(convolved(c, sample, i));
      double sum = 0;
      for (const double y : planes.back()) sum += y;
      means.push_back(sum / static_cast<double>(c.pixels()));
    }
    for (int64_t i = 0; i < c.active; ++i) {
      const double factor = 1 / (1 + std::exp(-gate(c, scale, i, means)));
      const double added = c.affine ? gate(c, shift, i, means) : 0;
      for (auto& y : planes[static_cast<size_t>(i)]) y = rounded(c.element, y * factor + added);
    }
    return planes;
  }
};

/// The device's side of a case.
struct BlockMemory {
  Memory input, weight, bias, basis, scale, shift, filters, sums, y, scales, shifts;

  BlockMemory(const BlockCase& c, const BlockData& data, const Machine& machine)
      : input(c.element, data.input, c.off),
        weight(c.element, data.weight),
        bias(c.element, data.bias),
        basis(Element::float32, data.basis),
        scale(Element::float32, data.scale),
        shift(Element::float32, data.shift),
        filters(Element::float32, c.active * packed_filter_floats(c.kernel_size)),
        sums(Element::float32, c.batch * c.active * depthwise_sums(depthwise(c), machine)),
        y(c.element, c.batch * c.active * c.pixels(), c.off),
        scales(Element::float32, c.batch * c.active),
        shifts(Element::float32, c.batch * c.active) {
    must(launch_pack_filters(weight.data(), bias.data(), c.active, c.kernel_size, c.element,
                             filters.as<float>(), nullptr),
         "pack");
  }

  static DepthwiseCall depthwise(const BlockCase& c) {
    DepthwiseCall call;
    call.element = c.element, call.kernel_size = c.kernel_size;
    call.batch = c.batch, call.channels = c.active, call.height = c.height, call.width = c.width;
    return call;
  }
};

inline cudaError_t launch_block(const BlockCase& c, const BlockMemory& memory, void* output,
                                const Machine& machine, cudaStream_t stream) {
  const int64_t pixels = c.pixels(), size = bytes_of(c.element), all = c.channels() * pixels;
  const auto channel = [&](void* data, int64_t index) {
    return static_cast<char*>(data) + index * pixels * size;
  };
  const Planes active_out{channel(output, c.passive == 0  ? 0
                                          : c.step() == 2 ? 1
                                                          : c.passive),
                          all, c.step() * pixels};

  auto depthwise = BlockMemory::depthwise(c);
  depthwise.x = {channel(memory.input.data(), c.passive), all, pixels};
  depthwise.filters = memory.filters.as<float>();
  depthwise.y = c.in_place ? active_out : Planes{memory.y.data(), c.active * pixels, pixels};
  depthwise.sums = memory.sums.as<float>();
  if (const auto error = launch_depthwise(depthwise, machine, stream); error != cudaSuccess) return error;

  GateCall gate;
  gate.batch = c.batch, gate.channels = c.active, gate.num_basis = c.num_basis;
  gate.sums_a_channel = depthwise_sums(depthwise, machine), gate.pixels = pixels;
  gate.sums = memory.sums.as<float>(), gate.basis = memory.basis.as<float>(),
  gate.scale = memory.scale.as<float>();
  gate.scale_out = memory.scales.as<float>();
  if (c.affine) gate.shift = memory.shift.as<float>(), gate.shift_out = memory.shifts.as<float>();
  if (const auto error = launch_gate(gate, stream); error != cudaSuccess) return error;

  ApplyCall apply;
  apply.element = c.element, apply.batch = c.batch, apply.pixels = pixels;
  apply.active = c.active, apply.passive = c.passive;
  apply.y = as_const(depthwise.y), apply.scale = gate.scale_out, apply.shift = gate.shift_out;
  apply.active_out = active_out;
  apply.passive_in = {memory.input.data(), all, pixels};
  apply.passive_out = {output, all, c.step() * pixels};
  return launch_apply(apply, stream);
}

inline void check_block(const BlockCase& c, const Machine& machine, Tally& tally) {
  const BlockData data(c);
  BlockMemory memory(c, data, machine);
  Memory output(c.element, c.batch * c.channels() * c.pixels(), c.off);
  const bool same = repeats(output, [&] {
    memory.y.poison(), memory.sums.poison(), memory.scales.poison(), memory.shifts.poison();
    return launch_block(c, memory, output.data(), machine, nullptr);
  });
  const auto actual = output.read();
  Error error;
  for (int64_t b = 0; b < c.batch; ++b) {
    const auto expected = data.expected(c, b);
    for (int64_t i = 0; i < c.channels(); ++i) {
      const bool passive = c.step() == 2 ? i % 2 == 0 : i < c.passive;
      const int64_t part = c.step() == 2 ? i / 2 : passive ? i : i - c.passive;
      for (int64_t p = 0; p < c.pixels(); ++p) {
        const auto from = static_cast<size_t>((b * c.channels() + part) * c.pixels() + p);
        error.add(actual[static_cast<size_t>((b * c.channels() + i) * c.pixels() + p)],
                  passive ? data.input[from] : expected[static_cast<size_t>(part)][static_cast<size_t>(p)]);
      }
    }
  }
  const auto whole = [](const Memory& written) {
    return written.untouched_but(std::vector<bool>(written.read().size(), true));
  };
  const bool fences = whole(output) && whole(memory.y) && whole(memory.sums) && whole(memory.scales) &&
                      whole(memory.shifts) && whole(memory.input);
  tally.add(c.name(), error.relative(), c.allowed(), fences, same);
}

inline void check_block_all(const Machine& machine, bool quick, Tally& tally) {
  for (const auto element : {Element::float32, Element::float16, Element::bfloat16}) {
    const auto check = [&](BlockCase c) {
      c.element = element;
      check_block(c, machine, tally);
    };
    for (const int kernel_size : {1, 3, 5, 7, 9}) {
      const auto k = kernel_size;
      check({.kernel_size = k, .batch = 1, .active = 1, .height = 1, .width = 1});
      check({.kernel_size = k,
             .batch = 3,
             .active = 17,
             .passive = 17,
             .height = 7,
             .width = 7,
             .affine = true});
      check({.kernel_size = k,
             .batch = 2,
             .active = 5,
             .passive = 3,
             .height = 33,
             .width = 65,
             .affine = true});
      check({.kernel_size = k, .batch = 1, .active = 9, .height = 13, .width = 16, .in_place = true});
      check(
          {.kernel_size = k, .active = 3, .passive = 3, .height = 28, .width = 28, .affine = true, .off = 1});
      check({.kernel_size = k, .active = 2, .passive = 2, .height = 100, .width = 75, .in_place = true});
      check({.kernel_size = k, .active = 3, .height = 3, .width = 200, .off = 4});
      check({.kernel_size = k, .batch = 1, .active = 2, .height = 64, .width = 64, .off = 8});
    }
    check({.batch = 0});
    check({.active = 200, .passive = 1, .height = 8, .width = 8, .num_basis = 3, .affine = true});
    check({.active = 1100, .height = 4, .width = 5, .num_basis = 37, .affine = true});
    for (const auto mood : {Mood::large_mean, Mood::infinite, Mood::nan})
      for (const int64_t width : {12, 30})
        check({.active = 6, .passive = 6, .height = 20, .width = width, .affine = true, .mood = mood});
    if (element == Element::float32)
      check({.active = 6, .passive = 6, .height = 20, .width = 20, .affine = true, .mood = Mood::denormal});
    if (quick) continue;
    for (const int kernel_size : {3, 5, 7, 9}) {
      const auto k = kernel_size;
      check({.kernel_size = k, .batch = 16, .active = 64, .height = 128, .width = 128, .in_place = true});
      check({.kernel_size = k,
             .batch = 8,
             .active = 40,
             .passive = 40,
             .height = 56,
             .width = 56,
             .affine = true});
      check({.kernel_size = k, .batch = 1, .active = 24, .height = 256, .width = 250});
      check({.kernel_size = k, .batch = 32, .active = 48, .height = 7, .width = 7});
    }
  }
}

}  // namespace ablate::kernels::cuda::general
