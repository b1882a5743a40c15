#pragma once

#include "ablate/kernels/cuda/general.hpp"
#include "ablate/kernels/cuda/overlap.hpp"
#include "ablate/kernels/cuda/problem.hpp"

#include <cuda.h>

#include <algorithm>
#include <optional>

/// What the launches of this folder share: alignment, tensor maps, the driver's word on what fits.

namespace ablate::kernels::cuda {

constexpr int ceil_div(int64_t a, int64_t b) { return static_cast<int>(general::ceil_div(a, b)); }

/// Whether rows can be read and written as vectors of four elements.
bool wide(const DepthwiseGate& problem);
bool aligned_for_fours(const void* data, int64_t sample_stride, Element element);

/// Whether rows can be read and written as vectors of 16 bytes.
bool in_whole_vectors(const DepthwiseGate& problem);

/// Whether the copy engine can read the source: rows and pointer in whole 16 bytes, planes at even distances.
bool boxable(const DepthwiseGate& problem);

/// Planes from a sample of the source to the next.
int source_planes(const DepthwiseGate& problem);
float inverse_area(const DepthwiseGate& problem);

/// The source as boxes of `width` x `height` x `channels`. Fails where there is no such driver.
CUresult encode_source(CUtensorMap* map, const DepthwiseGate& problem, int width, int height, int channels);

/// Blocks of `function` that the current device runs at one time; 0 where one does not fit. Sets the
/// function's limit of dynamic shared memory.
int capacity(const void* function, int threads, int shared_bytes, int multiprocessors);

/// Whether the current device runs kernels that were compiled to wait for launches before their own: what
/// others do there must not begin early.
bool launches_overlap();

/// `blocks` to each sample of a batch, where a device runs `at_once` of them; no more samples at one time
/// than even rounds need. Nothing where not even one sample's blocks fit.
std::optional<Arrangement> arrange(int64_t blocks, int at_once, int batch);

/// Blocks that begin while others run lie where there is room: evenly where two launches fit the device at
/// one time, `at_once` blocks in all, and where a multiprocessor has one block at most.
Next next_of(const Arrangement& arrangement, int at_once, int multiprocessors);

}  // namespace ablate::kernels::cuda
