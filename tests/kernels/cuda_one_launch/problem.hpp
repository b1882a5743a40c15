#pragma once

#include "ablate/kernels/cuda/mixing.hpp"
#include "cuda_general/numbers.hpp"

/// A block's numbers, and what it gives in double precision.

namespace ablate::kernels::cuda {

using general::Memory;
using general::name_of;
using general::Mood;
using general::rounded;

struct Problem {
  Element element = Element::float32;
  int kernel = 7;
  int64_t batch = 1, active = 3, passive = 0, height = 20, width = 20;
  int64_t basis_width = 8;
  bool shift = false;
  int64_t channels = 0;  ///< of a mixed output; 0: active and passive channels as they are
  bool relu = true;
  int64_t off = 0;  ///< elements off alignment
  Mood mood = Mood::ordinary;

  int64_t area() const { return height * width; }
  int64_t in_channels() const { return active + passive; }
  int64_t out_channels() const { return channels > 0 ? channels : in_channels(); }
  bool interleaved() const { return channels == 0 && passive == active; }
  std::string name() const {
    char line[160];
    std::snprintf(line, sizeof line, "%s k %d, %d x %d+%d x %d x %d, basis %d%s%s", name_of(element), kernel,
                  static_cast<int>(batch), static_cast<int>(active), static_cast<int>(passive), static_cast<int>(height),
                  static_cast<int>(width), static_cast<int>(basis_width), shift ? ", shift" : "", name_of(mood));
    std::string text = line;
    if (channels > 0) text += ", to " + std::to_string(channels);
    if (off > 0) text += ", off " + std::to_string(off);
    return text;
  }
};

/// Input planes: passive, then active ones; of a mixed block active, then passive ones. Outputs: passive and active in
/// turns, where there are as many; otherwise passive, then active ones.
struct Numbers {
  std::vector<double> input, weight, bias, basis, scale, shift, mix, mix_bias;

  explicit Numbers(const Problem& p, uint64_t seed) {
    general::Numbers numbers(seed * 977 + static_cast<uint64_t>(p.kernel + p.active * 5 + p.width));
    input = numbers.some(p.element, p.batch * p.in_channels() * p.area(), p.mood);
    weight = numbers.some(p.element, p.active * p.kernel * p.kernel, 2.0 / p.kernel);
    bias = numbers.some(p.element, p.active);
    basis = numbers.some(Element::float32, p.active * p.basis_width);
    scale = numbers.some(Element::float32, p.active * p.basis_width);
    shift = numbers.some(Element::float32, p.active * p.basis_width);
    mix = numbers.some(p.element, p.channels * p.in_channels());
    mix_bias = numbers.some(Element::float32, p.channels);
  }

  int64_t active_plane(const Problem& p, int64_t channel) const { return p.channels > 0 ? channel : p.passive + channel; }
  int64_t passive_plane(const Problem& p, int64_t channel) const { return p.channels > 0 ? p.active + channel : channel; }
  const double* plane(const Problem& p, int64_t sample, int64_t number) const {
    return input.data() + (sample * p.in_channels() + number) * p.area();
  }

  /// One channel of ReLU(depthwise).
  std::vector<double> convolved(const Problem& p, int64_t sample, int64_t channel) const {
    const double* x = plane(p, sample, active_plane(p, channel));
    const double* w = weight.data() + channel * p.kernel * p.kernel;
    const int64_t radius = p.kernel / 2;
    std::vector<double> y(static_cast<size_t>(p.area()));
    for (int64_t i = 0; i < p.height; ++i)
      for (int64_t j = 0; j < p.width; ++j) {
        double sum = bias[static_cast<size_t>(channel)];
        for (int64_t u = std::max<int64_t>(0, i - radius); u <= std::min(p.height - 1, i + radius); ++u)
          for (int64_t v = std::max<int64_t>(0, j - radius); v <= std::min(p.width - 1, j + radius); ++v)
            sum += x[u * p.width + v] * w[(u - i + radius) * p.kernel + v - j + radius];
        y[static_cast<size_t>(i * p.width + j)] = sum < 0 ? 0 : sum;
      }
    return y;
  }

  /// `rows` [active, basis_width] of a channel times the coefficients.
  double gate(const Problem& p, const std::vector<double>& rows, int64_t channel, const std::vector<double>& means) const {
    double sum = 0;
    for (int64_t k = 0; k < p.basis_width; ++k) {
      double coefficient = 0;
      for (int64_t c = 0; c < p.active; ++c)
        coefficient += basis[static_cast<size_t>(c * p.basis_width + k)] * means[static_cast<size_t>(c)];
      sum += rows[static_cast<size_t>(channel * p.basis_width + k)] * coefficient;
    }
    return sum;
  }

  /// Recalibrated active channels, then the passive ones.
  std::vector<std::vector<double>> recalibrated(const Problem& p, int64_t sample) const {
    std::vector<std::vector<double>> planes;
    std::vector<double> means;
    for (int64_t c = 0; c < p.active; ++c) {
      planes.push_back(convolved(p, sample, c));
      double sum = 0;
      for (const double y : planes.back()) sum += y;
      means.push_back(sum / static_cast<double>(p.area()));
    }
    for (int64_t c = 0; c < p.active && p.basis_width > 0; ++c) {
      const double factor = 1 / (1 + std::exp(-gate(p, scale, c, means)));
      const double added = p.shift ? gate(p, shift, c, means) : 0;
      for (auto& y : planes[static_cast<size_t>(c)]) y = y * factor + added;
    }
    for (int64_t c = 0; c < p.passive; ++c) {
      const double* x = plane(p, sample, passive_plane(p, c));
      planes.emplace_back(x, x + p.area());
    }
    return planes;
  }

  std::vector<double> mixed_row(const Problem& p, const std::vector<std::vector<double>>& planes, int64_t row) const {
    std::vector<double> sums(static_cast<size_t>(p.area()), mix_bias[static_cast<size_t>(row)]);
    for (size_t c = 0; c < planes.size(); ++c) {
      const double factor = mix[static_cast<size_t>(row * p.in_channels()) + c];
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += factor * planes[c][i];
    }
    for (auto& sum : sums)
      if (p.relu) sum = sum < 0 ? 0 : sum;
    return sums;
  }

  /// The output, plane by plane.
  std::vector<std::vector<double>> expected(const Problem& p, int64_t sample) const {
    const auto planes = recalibrated(p, sample);
    std::vector<std::vector<double>> out(static_cast<size_t>(p.out_channels()));
    for (int64_t m = 0; m < p.channels; ++m) out[static_cast<size_t>(m)] = mixed_row(p, planes, m);
    for (int64_t c = 0; c < p.in_channels() && p.channels == 0; ++c) {
      const bool active = c < p.active;
      const int64_t number = active ? c : c - p.active;
      const int64_t to = p.interleaved() ? 2 * number + active : active ? p.passive + number : number;
      out[static_cast<size_t>(to)] = planes[static_cast<size_t>(c)];
    }
    for (auto& plane : out)
      for (auto& value : plane) value = rounded(p.element, value);
    return out;
  }
};

}  // namespace ablate::kernels::cuda
