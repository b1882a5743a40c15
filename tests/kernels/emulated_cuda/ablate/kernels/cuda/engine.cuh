#pragma once

// In place of src/ablate/kernels/cuda/engine.cuh where a host compiler runs the kernels: see emulation.hpp.

#include "ablate/kernels/cuda/ptx.cuh"
#include "engine.hpp"

namespace ablate::kernels::cuda {

template <int Threads>
void group_barrier(int id) {
  if constexpr (Threads == 32)
    __syncwarp();
  else
    emulation::Block::current().synchronise(id, Threads);
}

/// Waits too: more than the instruction does, and harmless where those that it waits for wait for nothing else.
template <int Threads>
void group_arrive(int id) {
  emulation::Block::current().synchronise(id, Threads);
}

inline void barrier_init(uint64_t* barrier, int arrivals) {
  emulation::barrier_init(barrier, static_cast<unsigned>(arrivals));
}
inline void fence_barrier_init() { emulation::fence_barrier_init(); }
inline void barrier_expect(uint64_t* barrier, uint32_t bytes) { emulation::barrier_arrive(barrier, bytes); }
inline void barrier_wait(uint64_t* barrier, uint32_t parity) { emulation::barrier_wait(barrier, parity); }
inline void barrier_arrive(uint64_t* barrier) { emulation::barrier_arrive(barrier, 0); }
inline bool barrier_passed(uint64_t* barrier, uint32_t parity) {
  return emulation::barrier_test(barrier, parity);
}

inline void copy_box(void* to, const CUtensorMap* map, int x, int y, int plane, uint64_t* barrier) {
  emulation::copy_box(to, map, x, y, plane, barrier);
}
inline void prefetch_map(const CUtensorMap* map) { emulation::check_map(map); }
inline void copy_row(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
  emulation::copy_row(to, from, bytes, barrier);
}

template <int Bytes>
void copy_async(void* to, const void* from, bool wanted) {
  general::copy_async<Bytes>(to, from, wanted ? Bytes : 0);
}

inline void store_whole(unsigned long long* word, unsigned long long value) {
  if (reinterpret_cast<uintptr_t>(word) % 8 != 0) emulation::stop("a misaligned store");
  emulation::Grid::current().let_others();
  __atomic_store_n(word, value, __ATOMIC_RELEASE);  // what it depends on was read before
}

/// A thread that looks lets the others run, whatever it sees.
inline unsigned long long peek(const unsigned long long* word) {
  emulation::Grid::current().look_again();
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
inline void peek(const unsigned long long* word, unsigned long long (&to)[1]) { to[0] = peek(word); }
inline void peek(const unsigned long long* words, unsigned long long (&to)[2]) {
  if (reinterpret_cast<uintptr_t>(words) % 16 != 0) emulation::stop("a misaligned load");
  emulation::Grid::current().look_again();
  to[0] = __atomic_load_n(words, __ATOMIC_ACQUIRE), to[1] = __atomic_load_n(words + 1, __ATOMIC_ACQUIRE);
}

}  // namespace ablate::kernels::cuda
