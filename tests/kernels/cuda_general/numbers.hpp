#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "cuda_general/memory.hpp"

namespace ablate::kernels::cuda::general {

inline const char* name_of(Element element) {
  return element == Element::float32 ? "float32" : element == Element::float16 ? "float16" : "bfloat16";
}

/// What is put among ordinary numbers.
enum class Mood { ordinary, large_mean, denormal, infinite, nan, huge };

inline const char* name_of(Mood mood) {
  const char* names[] = {"", " large mean", " denormal", " infinite", " NaN", " huge"};
  return names[static_cast<int>(mood)];
}

/// Seeded, in (-1, 1), as the element holds them.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

  double next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return static_cast<double>(state_ >> 11) * 0x1p-52 - 1;
  }

  std::vector<double> some(Element element, int64_t count, double scale = 1) {
    std::vector<double> values(static_cast<size_t>(count));
    for (auto& value : values) value = rounded(element, next() * scale);
    return values;
  }

  std::vector<double> some(Element element, int64_t count, Mood mood) {
    auto values = some(element, count, mood == Mood::denormal ? 1e-39 : mood == Mood::huge ? 1e38 : 1);
    for (size_t i = 0; i < values.size(); ++i) {
      if (mood == Mood::large_mean) values[i] = rounded(element, values[i] + 100);
      if (mood == Mood::infinite && i % 61 == 7)
        values[i] = std::copysign(std::numeric_limits<double>::infinity(), values[i]);
      if (mood == Mood::nan && i % 97 == 5) values[i] = std::numeric_limits<double>::quiet_NaN();
    }
    return values;
  }

 private:
  uint64_t state_;
};

/// max |actual - expected| / max |expected| over the finite; infinite where one is not finite as the other
/// is.
class Error {
 public:
  void add(double actual, double expected) {
    if (!std::isfinite(expected) || !std::isfinite(actual)) {
      same_ = same_ && ((std::isnan(actual) && std::isnan(expected)) || actual == expected);
      return;
    }
    most_ = std::max(most_, std::abs(actual - expected));
    largest_ = std::max(largest_, std::abs(expected));
  }
  double relative() const {
    if (!same_) return std::numeric_limits<double>::infinity();
    return most_ == 0 ? 0 : most_ / largest_;
  }

 private:
  double most_ = 0, largest_ = 0;
  bool same_ = true;
};

/// Counts, and says each case in one line.
class Tally {
 public:
  void add(const std::string& what, double error, double allowed, bool fences, bool repeats) {
    const bool right = error <= allowed && fences && repeats;
    std::printf("%s %-100s error %.2e of %.0e%s%s\n", right ? "ok    " : "FAILED", what.c_str(), error,
                allowed, fences ? "" : ", WROTE ELSEWHERE", repeats ? "" : ", NOT THE SAME BITS");
    std::fflush(stdout);
    ++cases_, failed_ += right ? 0 : 1;
    worst_ = std::max(worst_, error / allowed);
  }
  int failed() const { return failed_; }
  int cases() const { return cases_; }
  double worst() const { return worst_; }

 private:
  int cases_ = 0, failed_ = 0;
  double worst_ = 0;
};

/// A deterministic launch: twice into poisoned memory, the same bytes.
template <class Launch>
bool repeats(Memory& output, Launch launch) {
  const auto run = [&] {
    output.poison();
    must(launch(), "launch");
    must(cudaDeviceSynchronize(), "kernel");
    return output.bytes();
  };
  const auto first = run();
  return run() == first;
}

}  // namespace ablate::kernels::cuda::general
