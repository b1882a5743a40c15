#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>
#include <string>
#include <vector>

/// Synthetic streams of latency samples whose true ratio or median is known. The same on every machine: the
/// standard library's distributions are not, its generators are.
namespace streams {

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}
  /// Within (0, 1).
  double uniform() { return (static_cast<double>(bits_() >> 11) + 0.5) / 9007199254740992.0; }
  double normal() {
    if (spare_ready_) return spare_ready_ = false, spare_;
    const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    spare_ready_ = true;
    return radius * std::cos(angle);
  }
  bool happens(double chance) { return uniform() < chance; }

 private:
  std::mt19937_64 bits_;
  double spare_ = 0;
  bool spare_ready_ = false;
};

using Values = std::vector<double>;

/// Samples of two instances in the same rounds.
struct Pair {
  Values a, b;
};

struct PairedStream {
  std::string name;
  /// So many rounds of noise with that standard deviation (of the logarithm); a is as b is, times `ratio`.
  std::function<Pair(Random&, std::size_t rounds, double ratio, double noise)> draw;
};
std::vector<PairedStream> paired_streams();

struct SingleStream {
  std::string name;
  std::function<Values(Random&, std::size_t samples)> draw;  ///< stationary
};
std::vector<SingleStream> single_streams();

/// exp(noise * x), x standard normal with correlation `phi` between neighbours.
Values autocorrelated(Random& random, std::size_t samples, double phi, double noise);

}  // namespace streams
