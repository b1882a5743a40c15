#pragma once

#include "ablate/kernels/cpu/vec.hpp"

namespace ablate::kernels {
namespace {

/// Each value through `change`, four vectors at a time.
template <typename Change>
[[gnu::always_inline]] inline void change_all(const float* from, float* to, int64_t count, bool past_caches,
                                              Change change) {
  const auto whole = count / (4 * lanes) * (4 * lanes);
  int64_t i = 0;
  for (; i < whole; i += 4 * lanes) {
    Vec values[4];
#pragma GCC unroll 4
    for (int64_t v = 0; v < 4; ++v) values[v] = change(load(from + i + v * lanes));
#pragma GCC unroll 4
    for (int64_t v = 0; v < 4; ++v) {
      if (past_caches)
        stream(to + i + v * lanes, values[v]);
      else
        store(to + i + v * lanes, values[v]);
    }
  }
  for (; i < count; i += lanes) {
    const auto left = least(lanes, count - i);
    store_first(to + i, change(load_first(from + i, left)), left);
  }
}

void scale(const float* from, float* to, int64_t count, float gain, float shift, bool past_caches) {
  const Vec gains = broadcast(gain), shifts = broadcast(shift);
  change_all(from, to, count, past_caches, [&](Vec value) { return multiply_add(value, gains, shifts); });
}

void copy(const float* from, float* to, int64_t count, bool past_caches) {
  change_all(from, to, count, past_caches, [](Vec value) { return value; });
}

float dot(const float* a, const float* b, int64_t count) {
  Vec total{};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) total = multiply_add(load(a + i), load(b + i), total);
  if (i < count) total = multiply_add(load_first(a + i, count - i), load_first(b + i, count - i), total);
  return sum(total);
}

void settle() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace
}  // namespace ablate::kernels
