#pragma once

#include "ablate/kernels/cpu/vec.hpp"

namespace ablate::kernels {
namespace {

void scale(float* values, int64_t count, float gain, float shift) {
  const Vec gains = broadcast(gain), shifts = broadcast(shift);
  const auto whole = count / (4 * lanes) * (4 * lanes);
  int64_t i = 0;
  for (; i < whole; i += 4 * lanes) {
#pragma GCC unroll 4
    for (int64_t v = 0; v < 4; ++v)
      store(values + i + v * lanes, multiply_add(load(values + i + v * lanes), gains, shifts));
  }
  for (; i < count; i += lanes) {
    const auto left = least(lanes, count - i);
    store_first(values + i, multiply_add(load_first(values + i, left), gains, shifts), left);
  }
}

void copy(const float* from, float* to, int64_t count, bool past_caches) {
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const Vec a = load(from + i), b = load(from + i + lanes);
    if (past_caches) {
      stream(to + i, a);
      stream(to + i + lanes, b);
    } else {
      store(to + i, a);
      store(to + i + lanes, b);
    }
  }
  for (; i < count; i += lanes)
    store_first(to + i, load_first(from + i, least(lanes, count - i)), least(lanes, count - i));
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
