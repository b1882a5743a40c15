#include "ablate/measure/fma_chains.hpp"

namespace ablate {
namespace {

/// Four cycles of latency and two units a cycle want eight chains; twelve leave room, and fit AVX2's
/// registers.
constexpr int chains = 12;

using Vector16 __attribute__((vector_size(16 * sizeof(float)))) = float;
using Vector8 __attribute__((vector_size(8 * sizeof(float)))) = float;
using Vector4 __attribute__((vector_size(4 * sizeof(float)))) = float;

/// Always inlined, so that each caller below compiles it for its own instructions.
template <typename Vector>
[[gnu::always_inline]] inline FmaRun run_chains(std::int64_t rounds) {
  constexpr int lanes = sizeof(Vector) / sizeof(float);
  Vector sums[chains];
#pragma GCC unroll 12
  for (int chain = 0; chain < chains; ++chain) sums[chain] = Vector{} + static_cast<float>(chain);
  const Vector factor = Vector{} + 0.999999F, offset = Vector{} + 1e-6F;
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int chain = 0; chain < chains; ++chain) sums[chain] = sums[chain] * factor + offset;
  }
  double total = 0;
#pragma GCC unroll 12
  for (int chain = 1; chain < chains; ++chain) sums[0] += sums[chain];
  for (int lane = 0; lane < lanes; ++lane) total += static_cast<double>(sums[0][lane]);
  return {2 * rounds * chains * lanes, total};
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] FmaRun chains_avx512(std::int64_t rounds) { return run_chains<Vector16>(rounds); }
[[gnu::target("avx2,fma")]] FmaRun chains_avx2(std::int64_t rounds) { return run_chains<Vector8>(rounds); }
#endif

}  // namespace

FmaRun fma_chains(std::int64_t rounds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return chains_avx512(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return chains_avx2(rounds);
#endif
  return run_chains<Vector4>(rounds);
}

}  // namespace ablate
