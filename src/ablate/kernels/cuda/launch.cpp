#include "ablate/kernels/cuda/launch.hpp"

#include "ablate/kernels/cuda/once.hpp"

namespace ablate::kernels::cuda {
namespace {

bool aligned(const void* pointer, std::size_t bytes) {
  return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0;
}

CUtensorMapDataType map_type(Element element) {
  switch (element) {
    case Element::float32:
      return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
    case Element::float16:
      return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    case Element::bfloat16:
      return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  }
  return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
}

/// Of the driver, which programs do not link.
auto encoder() {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  if (cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found) !=
      cudaSuccess)
    entry = nullptr;
  return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry);
}

}  // namespace

bool aligned_for_fours(const void* data, int64_t sample_stride, Element element) {
  return aligned(data, 4 * static_cast<std::size_t>(bytes_of(element))) && sample_stride % 4 == 0;
}

bool wide(const DepthwiseGate& p) {
  return p.width % 4 == 0 && aligned_for_fours(p.source.data, p.source.sample_stride, p.element) &&
         aligned_for_fours(p.active_out.data, p.active_out.sample_stride, p.element) &&
         aligned_for_fours(p.passed.data, p.passed.sample_stride, p.element) &&
         aligned_for_fours(p.passive_out.data, p.passive_out.sample_stride, p.element);
}

bool in_whole_vectors(const DepthwiseGate& p) {
  const int64_t vector = 16 / bytes_of(p.element);
  const auto whole = [vector](const auto& planes) {
    return aligned(planes.data, 16) && planes.sample_stride % vector == 0 &&
           planes.channel_stride % vector == 0;
  };
  return p.width % vector == 0 && whole(p.source) && whole(p.active_out) && whole(p.passed) &&
         whole(p.passive_out);
}

bool boxable(const DepthwiseGate& p) {
  const int64_t area = static_cast<int64_t>(p.height) * p.width;
  return p.width * bytes_of(p.element) % 16 == 0 && aligned(p.source.data, 16) &&
         p.source.channel_stride == area && p.source.sample_stride % area == 0;
}

int source_planes(const DepthwiseGate& p) {
  return static_cast<int>(p.source.sample_stride / std::max<int64_t>(1, p.source.channel_stride));
}

float inverse_area(const DepthwiseGate& p) {
  return static_cast<float>(1.0 / (static_cast<double>(p.height) * p.width));
}

CUresult encode_source(CUtensorMap* map, const DepthwiseGate& p, int width, int height, int channels) {
  static const auto function = encoder();
  if (!function) return CUDA_ERROR_NOT_SUPPORTED;
  const auto size = static_cast<cuuint64_t>(bytes_of(p.element));
  const auto columns = static_cast<cuuint64_t>(p.width), rows = static_cast<cuuint64_t>(p.height);
  const auto planes =
      static_cast<cuuint64_t>((p.batch - 1) * (p.source.sample_stride / p.source.channel_stride) + p.active);
  const cuuint64_t extents[] = {columns, rows, planes}, strides[] = {columns * size, columns * rows * size};
  const cuuint32_t box[] = {static_cast<cuuint32_t>(width), static_cast<cuuint32_t>(height),
                            static_cast<cuuint32_t>(channels)};
  const cuuint32_t steps[] = {1, 1, 1};
  return function(map, map_type(p.element), 3, const_cast<void*>(p.source.data), extents, strides, box, steps,
                  CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
                  CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

int capacity(const void* function, int threads, int shared_bytes, int multiprocessors) {
  int device = 0, most_shared = 0, resident = 0;
  cudaFuncAttributes attributes;
  if (cudaGetDevice(&device) != cudaSuccess ||
      cudaDeviceGetAttribute(&most_shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) != cudaSuccess ||
      cudaFuncGetAttributes(&attributes, function) != cudaSuccess)
    return 0;
  if (shared_bytes + static_cast<int>(attributes.sharedSizeBytes) > most_shared) return 0;
  // The largest that the device has: another shape's launch must not lower what this one needs.
  if (cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                           most_shared - static_cast<int>(attributes.sharedSizeBytes)) != cudaSuccess ||
      cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, function, threads,
                                                    static_cast<std::size_t>(shared_bytes)) != cudaSuccess)
    return 0;
  return resident * multiprocessors;
}

bool launches_overlap() {
  cudaFuncAttributes attributes;
  return !once_instances().empty() &&
         cudaFuncGetAttributes(&attributes, once_instances().front().function) == cudaSuccess &&
         attributes.ptxVersion >= 90;
}

std::optional<Arrangement> arrange(int64_t blocks, int at_once, int batch) {
  if (blocks > at_once) return std::nullopt;
  Arrangement a;
  a.blocks = static_cast<int>(blocks);
  a.rounds = ceil_div(batch, std::min(at_once / a.blocks, batch));
  a.samples = ceil_div(batch, a.rounds);
  a.grid = a.blocks * a.samples;
  return a;
}

Next next_of(const Arrangement& a, int at_once, int multiprocessors) {
  return 2 * a.grid <= at_once || a.grid <= multiprocessors ? Next::at_once : Next::at_end;
}

}  // namespace ablate::kernels::cuda
