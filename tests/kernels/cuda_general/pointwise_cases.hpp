#pragma once

#include "ablate/kernels/cuda/pointwise.hpp"
#include "cuda_general/numbers.hpp"

namespace ablate::kernels::cuda::general {

struct PointwiseCase {
  Element element = Element::float32;
  int64_t batch = 1, rows = 64, columns = 64, first = 64, pixels = 64;
  int gates = 0;  ///< 0 none, 1 scale, 2 scale and shift
  bool bias = true, relu = true;
  int64_t step = 1;  ///< of the output's channels
  int64_t off = 0;   ///< elements off alignment
  Mood mood = Mood::ordinary;
  bool single_tf32 = false;

  std::string name() const {
    return std::string("pointwise ") + name_of(element) + " " + std::to_string(batch) + " x " +
           std::to_string(columns) + "(" + std::to_string(first) + ") -> " + std::to_string(rows) + " x " +
           std::to_string(pixels) + ", gates " + std::to_string(gates) + (bias ? ", bias" : "") +
           (relu ? ", ReLU" : "") + ", step " + std::to_string(step) + ", off " + std::to_string(off) +
           name_of(mood) + (single_tf32 ? ", single TF32" : "");
  }
  double allowed() const {
    if (element == Element::float16) return 1.0 / 1024;
    if (element == Element::bfloat16) return 1.0 / 128;
    return single_tf32 ? 2e-3 : mood == Mood::denormal ? 1e-4 : 2e-6;
  }
};

struct PointwiseData {
  std::vector<double> first, second, weight, bias, scale, shift;

  explicit PointwiseData(const PointwiseCase& c) {
    Numbers numbers(static_cast<uint64_t>(c.rows * 7 + c.columns * 3 + c.pixels));
    first = numbers.some(c.element, c.batch * c.first * c.pixels, c.mood);
    second = numbers.some(c.element, c.batch * (c.columns - c.first) * c.pixels, c.mood);
    weight = numbers.some(c.element, c.rows * c.columns, c.mood == Mood::huge ? 0.01 : 1);
    if (c.mood == Mood::infinite) weight[0] = 1;  // which a split leaves nothing of
    bias = numbers.some(Element::float32, c.rows, c.mood == Mood::denormal ? 1e-39 : 1);
    scale = numbers.some(Element::float32, c.batch * c.first);
    for (auto& value : scale) value = std::abs(value);
    shift = numbers.some(Element::float32, c.batch * c.first, c.mood == Mood::denormal ? 1e-39 : 1);
  }

  /// A sample's input, scaled and shifted: [columns, pixels].
  std::vector<double> gated(const PointwiseCase& c, int64_t sample) const {
    const auto before = sample * c.first * c.pixels, beside = sample * (c.columns - c.first) * c.pixels;
    std::vector<double> x(first.begin() + before, first.begin() + before + c.first * c.pixels);
    for (int64_t k = 0; k < c.first && c.gates > 0; ++k)
      for (int64_t p = 0; p < c.pixels; ++p) {
        const auto at = static_cast<size_t>(sample * c.first + k);
        auto& value = x[static_cast<size_t>(k * c.pixels + p)];
        value = rounded(c.element, value * scale[at] + (c.gates == 2 ? shift[at] : 0.0));
      }
    x.insert(x.end(), second.begin() + beside, second.begin() + beside + (c.columns - c.first) * c.pixels);
    return x;
  }

  std::vector<double> row(const PointwiseCase& c, const std::vector<double>& x, int64_t row) const {
    std::vector<double> sums(static_cast<size_t>(c.pixels));
    for (int64_t k = 0; k < c.columns; ++k) {
      const double factor = weight[static_cast<size_t>(row * c.columns + k)];
      const double* from = x.data() + k * c.pixels;
      for (int64_t p = 0; p < c.pixels; ++p) sums[static_cast<size_t>(p)] += factor * from[p];
    }
    for (auto& sum : sums) {
      if (c.bias) sum += bias[static_cast<size_t>(row)];
      if (c.relu) sum = sum < 0 ? 0 : sum;
    }
    return sums;
  }
};

inline void check_pointwise(const PointwiseCase& c, const Machine& machine, Tally& tally) {
  const PointwiseData data(c);
  const Memory first(c.element, data.first, c.off), second(c.element, data.second, c.off),
      weight(c.element, data.weight);
  const Memory bias(Element::float32, data.bias), scale(Element::float32, data.scale),
      shift(Element::float32, data.shift);
  const Memory packed(c.element, packed_weight_bytes(c.rows, c.columns, c.element) / bytes_of(c.element));
  const int64_t channels = c.rows * c.step;
  Memory output(c.element, c.batch * channels * c.pixels, c.off);
  must(launch_pack_weight(weight.data(), c.columns, c.rows, c.columns, c.element, packed.data(), nullptr),
       "pack");

  PointwiseCall call;
  call.element = c.element, call.single_tf32 = c.single_tf32;
  call.batch = c.batch, call.pixels = c.pixels;
  call.rows = c.rows, call.columns = c.columns, call.first_columns = c.first;
  call.first = {first.data(), c.first * c.pixels, c.pixels};
  call.second = {second.data(), (c.columns - c.first) * c.pixels, c.pixels};
  call.weight = packed.data();
  if (c.bias) call.bias = bias.as<float>();
  if (c.gates > 0) call.scale = scale.as<float>();
  if (c.gates > 1) call.shift = shift.as<float>();
  call.relu = c.relu;
  const auto begin = (c.step - 1) * c.pixels;  // the last of every `step` channels
  call.output = {output.as<char>() + begin * bytes_of(c.element), channels * c.pixels, c.step * c.pixels};

  const bool same = repeats(output, [&] { return launch_pointwise(call, machine, nullptr); });
  const auto actual = output.read();
  std::vector<bool> written(actual.size());
  Error error;
  for (int64_t b = 0; b < c.batch; ++b) {
    const auto x = data.gated(c, b);
    for (int64_t m = 0; m < c.rows; ++m) {
      const auto expected = data.row(c, x, m);
      for (int64_t p = 0; p < c.pixels; ++p) {
        const auto at = static_cast<size_t>(b * channels * c.pixels + begin + m * c.step * c.pixels + p);
        written[at] = true;
        error.add(actual[at], c.mood == Mood::huge ? expected[static_cast<size_t>(p)]
                                                   : rounded(c.element, expected[static_cast<size_t>(p)]));
      }
    }
  }
  tally.add(c.name(), error.relative(), c.allowed(), output.untouched_but(written), same);
}

inline void check_pointwise_all(const Machine& machine, bool quick, Tally& tally) {
  for (const auto element : {Element::float32, Element::float16, Element::bfloat16}) {
    const auto check = [&](PointwiseCase c) {
      c.element = element;
      check_pointwise(c, machine, tally);
    };
    for (const int64_t pixels : {1, 49, 64, 600, 2145}) {
      check({.batch = 3, .rows = 20, .columns = 12, .first = 12, .pixels = pixels});
      check({.rows = 65, .columns = 100, .first = 37, .pixels = pixels, .gates = 2, .step = 2});
    }
    check({.batch = 0});
    check({.batch = 2, .rows = 1, .columns = 1, .first = 1, .pixels = 784, .bias = false, .relu = false});
    check({.rows = 33, .columns = 33, .first = 32, .pixels = 784, .gates = 1, .off = 1});
    check({.rows = 64, .columns = 65, .first = 64, .pixels = 300, .gates = 2, .off = 4});
    check({.rows = 48, .columns = 40, .first = 20, .pixels = 777, .gates = 2, .step = 2, .off = 3});
    check({.rows = 128, .columns = 72, .first = 72, .pixels = 256, .relu = false});
    check({.rows = 64, .columns = 512, .first = 512, .pixels = 96});
    check({.batch = 2, .rows = 200, .columns = 199, .first = 99, .pixels = 100, .gates = 1});
    for (const auto mood : {Mood::large_mean, Mood::infinite, Mood::nan}) {
      check({.rows = 40, .columns = 48, .first = 24, .pixels = 130, .relu = false, .mood = mood});
      check({.rows = 40, .columns = 48, .first = 24, .pixels = 130, .gates = 2, .mood = mood});
    }
    if (element == Element::float32) {
      check({.rows = 40, .columns = 48, .first = 24, .pixels = 130, .gates = 2, .mood = Mood::denormal});
      check({.rows = 40, .columns = 48, .first = 24, .pixels = 130, .gates = 1, .mood = Mood::huge});
      check({.rows = 64, .columns = 64, .first = 32, .pixels = 130, .gates = 2, .single_tf32 = true});
    }
    if (quick) continue;
    for (const int64_t rows : {32, 64, 128, 192})  // every tile, weights kept and not
      for (const int64_t pixels : {4096, 16384})
        for (const int64_t columns : {64, 320})
          check({.batch = 3,
                 .rows = rows,
                 .columns = columns,
                 .first = columns / 2,
                 .pixels = pixels,
                 .gates = 1});
    check({.batch = 64, .rows = 64, .columns = 64, .first = 32, .pixels = 4096, .gates = 2});
    check({.rows = 256, .columns = 1024, .first = 512, .pixels = 1024, .gates = 2});
  }
}

}  // namespace ablate::kernels::cuda::general
