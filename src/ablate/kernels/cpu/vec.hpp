#pragma once

// Included by the files that are compiled once a capability, and by nothing else. Everything is in an unnamed
// namespace: an inline function that the linker may take from any file could carry instructions that the
// processor does not have. For the same reason these files include no header with code of its own.

#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace ablate::kernels {
namespace {

#if defined(__AVX512F__)

using Vec = __m512;
constexpr int64_t lanes = 16;

inline Vec broadcast(float value) { return _mm512_set1_ps(value); }
inline Vec load(const float* from) { return _mm512_loadu_ps(from); }
inline void store(float* to, Vec value) { _mm512_storeu_ps(to, value); }
/// Past the caches. `to` is aligned to a vector.
inline void stream(float* to, Vec value) { _mm512_stream_ps(to, value); }
inline Vec multiply_add(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
/// NaN stays: the instruction gives its second operand where either is NaN. (With a mask of ones, since GCC
/// 12 warns of the operand that the plain form leaves undefined.)
inline Vec relu(Vec value) { return _mm512_maskz_max_ps(0xffff, _mm512_setzero_ps(), value); }

inline __mmask16 first(int64_t count) { return static_cast<__mmask16>((1U << count) - 1U); }
/// The first `count` lanes, 0 to all of them; the others read as 0, and are not written.
inline Vec load_first(const float* from, int64_t count) { return _mm512_maskz_loadu_ps(first(count), from); }
inline void store_first(float* to, Vec value, int64_t count) {
  _mm512_mask_storeu_ps(to, first(count), value);
}
inline Vec keep_first(Vec value, int64_t count) { return _mm512_maskz_mov_ps(first(count), value); }

/// Of two vectors side by side every other lane, from the first on or from the second on.
inline Vec evens(Vec a, Vec b) {
  const __m512i from = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return _mm512_permutex2var_ps(a, from, b);
}
inline Vec odds(Vec a, Vec b) {
  const __m512i from = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return _mm512_permutex2var_ps(a, from, b);
}
/// The way back: the first and the second vector of those side by side.
inline Vec first_of(Vec even, Vec odd) {
  const __m512i from = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return _mm512_permutex2var_ps(even, from, odd);
}
inline Vec second_of(Vec even, Vec odd) {
  const __m512i from = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return _mm512_permutex2var_ps(even, from, odd);
}
/// `value` one lane further, after the last lane of `before`.
inline Vec shift_in(Vec before, Vec value) {
  const __m512i from = _mm512_setr_epi32(15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  return _mm512_permutex2var_ps(before, from, value);
}
/// No lane is infinite or NaN.
inline bool finite(Vec value) {
  return _mm512_cmp_ps_mask(value - value, _mm512_setzero_ps(), _CMP_EQ_OQ) == 0xffff;
}

#elif defined(__AVX2__)

using Vec = __m256;
constexpr int64_t lanes = 8;

inline Vec broadcast(float value) { return _mm256_set1_ps(value); }
inline Vec load(const float* from) { return _mm256_loadu_ps(from); }
inline void store(float* to, Vec value) { _mm256_storeu_ps(to, value); }
inline void stream(float* to, Vec value) { _mm256_stream_ps(to, value); }
inline Vec multiply_add(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec relu(Vec value) { return _mm256_max_ps(_mm256_setzero_ps(), value); }

inline __m256i first(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline Vec load_first(const float* from, int64_t count) { return _mm256_maskload_ps(from, first(count)); }
inline void store_first(float* to, Vec value, int64_t count) { _mm256_maskstore_ps(to, first(count), value); }
inline Vec keep_first(Vec value, int64_t count) {
  return _mm256_and_ps(value, _mm256_castsi256_ps(first(count)));
}

#else

using Vec __attribute__((vector_size(16), aligned(4), may_alias)) = float;
constexpr int64_t lanes = 4;

inline Vec broadcast(float value) { return Vec{value, value, value, value}; }
inline Vec load(const float* from) { return *reinterpret_cast<const Vec*>(from); }
inline void store(float* to, Vec value) { *reinterpret_cast<Vec*>(to) = value; }
inline void stream(float* to, Vec value) { store(to, value); }
inline Vec multiply_add(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec relu(Vec value) { return value < 0 ? Vec{} : value; }

inline Vec load_first(const float* from, int64_t count) {
  Vec value{};
  for (int64_t lane = 0; lane < lanes; ++lane)
    if (lane < count) value[lane] = from[lane];
  return value;
}
inline void store_first(float* to, Vec value, int64_t count) {
  for (int64_t lane = 0; lane < lanes; ++lane)
    if (lane < count) to[lane] = value[lane];
}
inline Vec keep_first(Vec value, int64_t count) {
  for (int64_t lane = 0; lane < lanes; ++lane)
    if (lane >= count) value[lane] = 0;
  return value;
}

#endif

/// In pairs, so that it does not depend on how a compiler would order it.
inline float sum(Vec value) {
  float parts[lanes];
  store(parts, value);
#pragma GCC unroll 4
  for (int64_t half = lanes / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int64_t lane = 0; lane < half; ++lane) parts[lane] += parts[lane + half];
  return parts[0];
}

/// Floats of a cache line.
constexpr int64_t line = 16;
/// Into the second level of the caches. The empty statement is an effect: without one GCC 12 takes a function
/// or a loop that only prefetches for one that does nothing, and removes it.
inline void prefetch(const float* from) {
  __builtin_prefetch(from, 0, 2);
  asm volatile("");
}
inline void prefetch_to_write(float* to) {
  __builtin_prefetch(to, 1, 2);
  asm volatile("");
}

/// The compiler forgets what it knows of a pointer. Otherwise it works out every p + i * stride of an
/// unrolled loop beforehand and spills them all.
template <typename T>
inline void forget(T*& pointer) {
  asm("" : "+r"(pointer));
}

/// Keeps a loaded value in its register. Otherwise the compiler loads it again for each multiplication, and
/// rows that begin between two cache lines cost two accesses each.
inline void hold(Vec& value) {
#if defined(__x86_64__)
  asm("" : "+v"(value));
#else
  asm("" : "+m"(value));
#endif
}

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace
}  // namespace ablate::kernels
