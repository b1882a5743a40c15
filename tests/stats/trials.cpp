#include "stats/trials.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace trials {
namespace {

using ablate::Estimate;

/// Counts what one trial after another gave.
class Tally {
 public:
  void add(const Estimate& estimate, double truth) {
    held_ += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
    open_ += std::isinf(estimate.high) ? 1 : 0;
    halves_.push_back((estimate.high - estimate.low) / 2);
  }
  void add_rounds(std::size_t rounds) { rounds_ += static_cast<double>(rounds); }
  Figure figure() {
    const auto middle = halves_.begin() + static_cast<std::ptrdiff_t>(halves_.size() / 2);
    std::nth_element(halves_.begin(), middle, halves_.end());
    const double count = static_cast<double>(halves_.size());
    return {held_ / count, *middle, open_ / count, rounds_ / count};
  }

 private:
  double held_ = 0, open_ = 0, rounds_ = 0;
  std::vector<double> halves_;
};

double true_ratio(int trial) {
  constexpr std::array<double, 3> ratios{1, 1.01, 1.3};
  return ratios[static_cast<std::size_t>(trial) % ratios.size()];
}

std::vector<double> draw_log_ratios(const streams::PairedStream& stream, streams::Random& random,
                                    std::size_t rounds, double ratio, double noise) {
  const auto pair = stream.draw(random, rounds, ratio, noise);
  return ablate::log_ratios(pair.a, pair.b);
}

/// Of a very long stream.
double true_median(const streams::SingleStream& stream) {
  streams::Random random(99);
  auto values = stream.draw(random, 500000);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Figure of_centre(const streams::PairedStream& stream, std::size_t rounds, double noise) {
  streams::Random random(rounds);
  Tally tally;
  for (int trial = 0; trial < number; ++trial) {
    const double ratio = true_ratio(trial);
    tally.add(ablate::centre(draw_log_ratios(stream, random, rounds, ratio, noise), {}, 0.95),
              std::log(ratio));
  }
  return tally.figure();
}

Figure of_stopping(const streams::PairedStream& stream, double noise) {
  constexpr std::size_t most = 2000;
  streams::Random random(7);
  Tally tally;
  for (int trial = 0; trial < number; ++trial) {
    const double ratio = true_ratio(trial);
    const auto all = draw_log_ratios(stream, random, most, ratio, noise);
    std::size_t rounds = 0;
    Estimate found;
    do {
      rounds = std::min(most, ablate::next_check(rounds));
      found = ablate::exponential(ablate::centre(ablate::Samples(all).first(rounds), {}, 0.95));
    } while (rounds < most && !ablate::precise_enough(found, 0.01));
    tally.add(found, ratio);
    tally.add_rounds(rounds);
  }
  return tally.figure();
}

Figure of_level(const streams::SingleStream& stream, std::size_t samples) {
  const double truth = true_median(stream);
  streams::Random random(samples);
  Tally tally;
  for (int trial = 0; trial < number; ++trial)
    tally.add(ablate::level(stream.draw(random, samples), {}, 0.95), truth);
  auto figure = tally.figure();
  figure.half /= truth;
  return figure;
}

Figure of_stretches(const Stretches& stretches) {
  streams::Random random(stretches.count);
  Tally tally;
  for (int trial = 0; trial < number; ++trial) {
    std::vector<double> differences;
    std::vector<std::size_t> ends;
    for (std::size_t stretch = 0; stretch < stretches.count; ++stretch) {
      const double offset = stretches.offset * random.normal();
      for (std::size_t i = 0; i < stretches.length; ++i)
        differences.push_back(offset + stretches.noise * (random.normal() - random.normal()));
      ends.push_back(differences.size());
    }
    tally.add(ablate::centre(differences, ends, 0.95), 0);
  }
  return tally.figure();
}

double power(double ratio, double noise, std::size_t rounds) {
  const auto plain = streams::paired_streams().front();
  streams::Random random(rounds);
  int called = 0;
  for (int trial = 0; trial < number; ++trial)
    if (ablate::centre(draw_log_ratios(plain, random, rounds, ratio, noise), {}, 0.95).low > 0) ++called;
  return static_cast<double>(called) / number;
}

}  // namespace trials
