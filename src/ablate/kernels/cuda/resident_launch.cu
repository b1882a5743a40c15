#include "ablate/kernels/cuda/resident.hpp"

#include <cuda.h>

#include <algorithm>

namespace ablate::kernels::cuda {
namespace {

constexpr int ceil_div(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

bool aligned(const void* pointer, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0; }

/// Whether rows can be read and written as vectors of four elements.
bool wide(const DepthwiseGate& p) {
  const std::size_t vector = 4 * static_cast<std::size_t>(bytes_of(p.element));
  return p.width % 4 == 0 && aligned(p.source.data, vector) && aligned(p.active_out.data, vector) &&
         aligned(p.passed.data, vector) && aligned(p.passive_out.data, vector) && p.source.sample_stride % 4 == 0 &&
         p.active_out.sample_stride % 4 == 0 && p.passed.sample_stride % 4 == 0 && p.passive_out.sample_stride % 4 == 0;
}

/// Whether the copy engine can read the source: rows and pointer in whole 16 bytes.
bool boxable(const DepthwiseGate& p) {
  const int64_t area = static_cast<int64_t>(p.height) * p.width;
  return p.width * bytes_of(p.element) % 16 == 0 && aligned(p.source.data, 16) && p.source.channel_stride == area &&
         p.source.sample_stride % area == 0;
}

CUresult encode(CUtensorMap* map, const ResidentInstance& t, const DepthwiseGate& p) {
  static const auto function = [] {
    void* entry = nullptr;
    cudaDriverEntryPointQueryResult found;
    cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found);
    return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry);
  }();
  if (!function) return CUDA_ERROR_NOT_SUPPORTED;
  const auto size = static_cast<cuuint64_t>(bytes_of(p.element));
  const auto width = static_cast<cuuint64_t>(p.width), height = static_cast<cuuint64_t>(p.height);
  const auto planes = static_cast<cuuint64_t>((p.batch - 1) * (p.source.sample_stride / p.source.channel_stride) + p.active);
  const cuuint64_t extents[3] = {width, height, planes}, strides[2] = {width * size, width * height * size};
  const cuuint32_t box[3] = {static_cast<cuuint32_t>(t.tile_width + 8),
                             static_cast<cuuint32_t>(t.tile_height + t.kernel - 1), 1};
  const cuuint32_t steps[3] = {1, 1, 1};
  const auto type = p.element == Element::float32   ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32
                    : p.element == Element::float16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                                    : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  return function(map, type, 3, const_cast<void*>(p.source.data), extents, strides, box, steps,
                  CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                  CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

}  // namespace

Divisor Divisor::of(unsigned divisor) {
  unsigned shift = 0;
  while (shift < 31 && (1u << shift) < divisor) ++shift;
  // ceil(2^(31 + shift) / divisor) fits 32 bits, and is exact for dividends below 2^31 (Granlund, Montgomery 1994).
  const auto multiplier = ((std::uint64_t{1} << (31 + shift)) + divisor - 1) / divisor;
  return {static_cast<unsigned>(multiplier), shift == 0 ? 0 : shift - 1, divisor};
}

std::optional<ResidentPlan> plan_resident(const ResidentInstance& t, const DepthwiseGate& p, int units, int multiprocessors) {
  if (t.element != p.element || t.kernel != p.kernel || units < 1 || units > most_units || p.basis_width > most_basis ||
      (p.passive > 0) != t.passes || (t.once && units != 1) || (t.boxes && !boxable(p)) || p.batch < 1)
    return std::nullopt;
  ResidentPlan plan;
  plan.instance = &t;
  plan.tiles_x = ceil_div(p.width, t.tile_width);
  plan.tiles = plan.tiles_x * ceil_div(p.height, t.tile_height);
  plan.units = units;
  const int64_t blocks = ceil_div(static_cast<int64_t>(p.active) * plan.tiles, static_cast<int64_t>(t.groups) * units);
  plan.shared_bytes = t.groups * t.group_bytes(units, p.basis_width);
  int device = 0, most_shared = 0, resident = 0;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&most_shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  cudaFuncAttributes attributes;
  if (cudaFuncGetAttributes(&attributes, t.function) != cudaSuccess) return std::nullopt;
  if (plan.shared_bytes + static_cast<int>(attributes.sharedSizeBytes) > most_shared) return std::nullopt;
  if (cudaFuncSetAttribute(t.function, cudaFuncAttributeMaxDynamicSharedMemorySize, plan.shared_bytes) != cudaSuccess ||
      cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, t.function, t.threads,
                                                    static_cast<std::size_t>(plan.shared_bytes)) != cudaSuccess)
    return std::nullopt;
  const int64_t capacity = static_cast<int64_t>(resident) * multiprocessors;
  if (blocks > capacity) return std::nullopt;
  plan.blocks = static_cast<int>(blocks);
  plan.samples = static_cast<int>(std::min<int64_t>(capacity / blocks, p.batch));
  plan.rounds = ceil_div(p.batch, plan.samples);
  plan.samples = ceil_div(p.batch, plan.rounds);  // no more than even rounds need
  if (t.once && plan.rounds > 1) return std::nullopt;
  plan.grid = plan.blocks * plan.samples;
  return plan;
}

cudaError_t launch_resident(const ResidentPlan& plan, const DepthwiseGate& p, const Rendezvous& meeting, cudaStream_t stream) {
  const ResidentInstance& t = *plan.instance;
  CUtensorMap map{};
  if (t.boxes && encode(&map, t, p) != CUDA_SUCCESS) return cudaErrorInvalidValue;
  ResidentArguments arguments{};
  arguments.gate = p, arguments.meeting = meeting;
  arguments.tiles_x = plan.tiles_x, arguments.tiles = plan.tiles, arguments.units = plan.units;
  arguments.blocks = plan.blocks, arguments.samples = plan.samples;
  arguments.inverse_area = static_cast<float>(1.0 / (static_cast<double>(p.height) * p.width));
  arguments.by_tiles = Divisor::of(static_cast<unsigned>(plan.tiles));
  arguments.by_tiles_x = Divisor::of(static_cast<unsigned>(plan.tiles_x));
  arguments.by_width = Divisor::of(static_cast<unsigned>(std::max(1, p.basis_width)));
  arguments.wide = wide(p);
  arguments.planes = static_cast<int>(p.source.sample_stride / std::max<int64_t>(1, p.source.channel_stride));
  arguments.paired = arguments.wide && p.passive > 0 && p.passive == p.active;
  cudaLaunchAttribute cooperative{};
  cooperative.id = cudaLaunchAttributeCooperative;
  cooperative.val.cooperative = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(plan.samples));
  config.blockDim = dim3(static_cast<unsigned>(t.threads));
  config.dynamicSmemBytes = static_cast<std::size_t>(plan.shared_bytes);
  config.stream = stream;
  config.attrs = &cooperative;
  config.numAttrs = 1;
  void* values[] = {&map, &arguments};
  return cudaLaunchKernelExC(&config, t.function, values);
}

}  // namespace ablate::kernels::cuda
