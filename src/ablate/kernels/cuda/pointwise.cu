#include "ablate/kernels/cuda/pointwise.hpp"

#include <algorithm>

#include "ablate/kernels/cuda/pointwise_launch.cuh"

namespace ablate::kernels::cuda::general {
namespace {

struct PackWork {
  const void* weight;
  int64_t row_stride, rows, columns;
  void* packed;
};

/// A thread an element of the [rows, columns] weight, padded to whole fragments and chunks with zeros.
template <class T>
__global__ void __launch_bounds__(256) pack_weight_kernel(const __grid_constant__ PackWork work) {
  const int64_t padded_columns = chunks_of(work.columns) * kChunk;
  const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t row = i / padded_columns, column = i % padded_columns;
  if (row >= fragments_of(work.rows) * kFragmentRows) return;
  const bool there = row < work.rows && column < work.columns;
  const auto* weight = static_cast<const T*>(work.weight);
  static_cast<T*>(work.packed)[packed_index(row, column, work.rows, sizeof(T) == 2)] =
      there ? weight[row * work.row_stride + column] : from_float<T>(0.0f);
}

template <class T>
cudaError_t pack_as(const PackWork& work, cudaStream_t stream) {
  const auto blocks = ceil_div(packed_elements(work.rows, work.columns), 256);
  return launch<pack_weight_kernel<T>>({blocks}, 256, 0, stream, work);
}

bool wide_input(const PointwiseCall& call) {
  return aligned(call.first, call.element, 16) &&
         (call.first_columns == call.columns || aligned(call.second, call.element, 16));
}

}  // namespace

int64_t packed_weight_bytes(int64_t rows, int64_t columns, Element element) {
  return packed_elements(rows, columns) * bytes_of(element);
}

cudaError_t launch_pack_weight(const void* weight, int64_t row_stride, int64_t rows, int64_t columns,
                               Element element, void* packed, cudaStream_t stream) {
  const PackWork work{weight, row_stride, rows, columns, packed};
  return element == Element::float32 ? pack_as<float>(work, stream) : pack_as<__half>(work, stream);
}

cudaError_t launch_pointwise(const PointwiseCall& call, const Machine& machine, cudaStream_t stream) {
  if (call.rows < 1 || call.columns < 1 || call.first_columns > call.columns) return cudaErrorInvalidValue;
  if (std::max({call.pixels, call.rows, call.columns}) > kMost) return cudaErrorInvalidValue;
  const auto plan = plan_pointwise({call.batch, call.rows, call.columns, call.pixels, call.element}, machine);
  const int64_t tiles = plan.pixel_tiles * call.batch;
  if (tiles > kMost) return cudaErrorInvalidValue;
  const PointwiseWork work{call,
                           static_cast<int>(plan.pixel_tiles),
                           static_cast<int>(tiles),
                           static_cast<int>(plan.walkers),
                           static_cast<int>(chunks_of(call.columns)),
                           plan.keep_weights,
                           wide_input(call),
                           aligned(as_const(call.output), call.element, 16)};
  switch (call.element) {
    case Element::float32:
      return launch_pointwise_float32(plan, work, stream);
    case Element::float16:
      return launch_pointwise_float16(plan, work, stream);
    case Element::bfloat16:
      return launch_pointwise_bfloat16(plan, work, stream);
  }
  return cudaErrorInvalidValue;
}

}  // namespace ablate::kernels::cuda::general
