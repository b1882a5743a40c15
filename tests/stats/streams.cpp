#include "stats/streams.hpp"

namespace streams {
namespace {

/// What one instance's sample is multiplied with, independently of all others.
using Factor = std::function<double(Random&)>;

double no_factor(Random&) { return 1; }
double burst(Random& random) { return random.happens(0.03) ? 2 + 8 * random.uniform() : 1; }
Factor modes(double share, double apart) {
  return [=](Random& random) { return random.happens(share) ? 1 + apart : 1; };
}
/// Above 0, its tail falls with the power 1.5: it has a mean but no variance.
double pareto(Random& random) { return std::pow(random.uniform(), -1 / 1.5) - 1; }
double heavy_tail(Random& random) { return 1 + 0.02 * pareto(random); }

void scale(Values& values, Random& random, const Factor& factor) {
  for (double& value : values) value *= factor(random);
}

/// Both instances drift up together, by the part `drift` over the whole stream.
void drift_up(Pair& pair, double drift) {
  const double rounds = static_cast<double>(pair.a.size());
  for (std::size_t i = 0; i < pair.a.size(); ++i) {
    const double factor = 1 + drift * static_cast<double>(i) / rounds;
    pair.a[i] *= factor;
    pair.b[i] *= factor;
  }
}

/// Now and then two to nine rounds in which both are twice as slow, and noisy.
void add_long_bursts(Pair& pair, Random& random) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < pair.a.size(); ++i) {
    if (left == 0 && random.happens(0.02)) left = 2 + static_cast<std::size_t>(8 * random.uniform());
    if (left == 0) continue;
    --left;
    pair.a[i] *= 2 * std::exp(0.2 * random.normal());
    pair.b[i] *= 2 * std::exp(0.2 * random.normal());
  }
}

Pair noise_pair(Random& random, std::size_t rounds, double ratio, double noise, double phi,
                const Factor& factor) {
  Pair pair{autocorrelated(random, rounds, phi, noise), autocorrelated(random, rounds, phi, noise)};
  scale(pair.a, random, factor);
  scale(pair.b, random, factor);
  for (double& value : pair.a) value *= ratio;
  return pair;
}

PairedStream simple(const std::string& name, double phi, const Factor& factor) {
  return {name, [=](Random& random, std::size_t rounds, double ratio, double noise) {
            return noise_pair(random, rounds, ratio, noise, phi, factor);
          }};
}

PairedStream drifting(const std::string& name, double drift, double phi, const Factor& factor) {
  return {name, [=](Random& random, std::size_t rounds, double ratio, double noise) {
            auto pair = noise_pair(random, rounds, ratio, noise, phi, factor);
            drift_up(pair, drift);
            return pair;
          }};
}

PairedStream with_long_bursts() {
  return {"bursts of rounds", [](Random& random, std::size_t rounds, double ratio, double noise) {
            auto pair = noise_pair(random, rounds, ratio, noise, 0, no_factor);
            add_long_bursts(pair, random);
            return pair;
          }};
}

SingleStream single(const std::string& name, double phi, const Factor& factor) {
  return {name, [=](Random& random, std::size_t samples) {
            auto values = autocorrelated(random, samples, phi, 0.05);
            scale(values, random, factor);
            return values;
          }};
}

}  // namespace

Values autocorrelated(Random& random, std::size_t samples, double phi, double noise) {
  Values values(samples);
  double state = random.normal();
  for (double& value : values) {
    value = std::exp(noise * state);
    state = phi * state + std::sqrt(1 - phi * phi) * random.normal();
  }
  return values;
}

std::vector<PairedStream> paired_streams() {
  const auto bursts_and_modes = [two = modes(0.3, 0.1)](Random& random) {
    return burst(random) * two(random);
  };
  return {simple("plain lognormal", 0, no_factor),
          drifting("common drift, 10 %", 0.1, 0, no_factor),
          drifting("common drift, 30 %", 0.3, 0, no_factor),
          simple("bursts of samples", 0, burst),
          with_long_bursts(),
          simple("two modes, 30 % apart", 0, modes(0.5, 0.3)),
          simple("Pareto tail", 0, heavy_tail),
          simple("AR(1), 0.3", 0.3, no_factor),
          simple("AR(1), 0.7", 0.7, no_factor),
          simple("AR(1), 0.9", 0.9, no_factor),
          drifting("all together", 0.2, 0.7, bursts_and_modes)};
}

std::vector<SingleStream> single_streams() {
  return {single("plain lognormal", 0, no_factor), single("bursts of samples", 0, burst),
          single("Pareto tail", 0, heavy_tail),    single("two modes, 70 : 30", 0, modes(0.3, 0.3)),
          single("AR(1), 0.3", 0.3, no_factor),    single("AR(1), 0.7", 0.7, no_factor),
          single("AR(1), 0.9", 0.9, no_factor)};
}

}  // namespace streams
