#pragma once

// The copy engine of sm_90: its barriers in shared memory, boxes of tensors, rows, and stores. What a GPU
// faults at, or what hangs there, ends the program with a message: addresses off 16 bytes (128 for a box),
// boxes that begin off 16 bytes, barriers that the engine was not told of, stores of what no fence has made
// visible to it.

#include "emulation.hpp"

#include <cuda.h>

namespace ablate::emulation {

/// What the driver writes into a CUtensorMap's 128 bytes.
struct TensorMap {
  uint64_t mark;
  unsigned char* base;
  uint64_t extents[3], strides[3];  ///< bytes from one to the next
  uint32_t box[3];
  uint32_t size;  ///< of an element, bytes

  int64_t box_bytes() const { return int64_t{box[0]} * box[1] * box[2] * size; }
};
static_assert(sizeof(TensorMap) <= sizeof(CUtensorMap));

CUresult encode_tiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* base,
                      const cuuint64_t* extents, const cuuint64_t* strides, const cuuint32_t* box,
                      const cuuint32_t* steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                      CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill);

void barrier_init(uint64_t* word, unsigned arrivals);
void fence_barrier_init();
/// Expects `bytes` more, and arrives.
void barrier_arrive(uint64_t* word, uint32_t bytes);
bool barrier_test(uint64_t* word, uint32_t parity);  ///< waits for nothing, but lets others
void barrier_wait(uint64_t* word, uint32_t parity);

/// Into shared memory.
void copy_row(void* to, const void* from, uint32_t bytes, uint64_t* barrier);
void copy_box(void* to, const CUtensorMap* map, int x, int y, int plane, uint64_t* barrier);
void check_map(const CUtensorMap* map);

/// Out of shared memory.
void store_row(void* to, const void* from, uint32_t bytes);
void store_box(const CUtensorMap* map, int x, int y, int plane, const void* from);
void close_store_group();
/// Until at most `left` groups of the thread are under way: with `read`, only their source has been read.
void wait_for_stores(size_t left, bool read);
/// What the block's threads wrote into shared memory so far is there for the engine.
void fence_engine();

}  // namespace ablate::emulation
