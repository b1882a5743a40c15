#pragma once

#include "ablate/measure/result.hpp"

#include <string>

namespace ablate {

/// What the machine does when nothing but copying, or nothing but multiplying and adding, is asked of it: the
/// roof that latencies are held against. Takes a fraction of a second.
///
/// Copying: a float32 tensor several times as large as the caches, read and written, by LibTorch's threads.
/// Multiplying: float32. On the CPU chains of fused multiply-adds in registers, by all of LibTorch's threads;
/// on CUDA the product of two large matrices with TF32 off, as near as a library gets.
Peaks measure_peaks(const std::string& device);

/// 0 where the latency is not above 0.
Attained attained(const Counts& counts, double latency_s, const Peaks& peaks);

}  // namespace ablate
